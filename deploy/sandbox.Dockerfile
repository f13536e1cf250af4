# The image of the docker sandbox, from a registry's Node.js. Without a registry: mcp-optimizer sandbox-image
# Build in a folder where this package is built and its dependencies are installed:
#   docker build -f deploy/sandbox.Dockerfile -t mcp-optimizer-sandbox:VERSION .
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE}
COPY package.json /app/package.json
COPY dist/errors.js /app/dist/errors.js
COPY dist/internal /app/dist/internal
COPY dist/sandbox /app/dist/sandbox
COPY node_modules/fastest-levenshtein /app/node_modules/fastest-levenshtein
COPY node_modules/lru-cache /app/node_modules/lru-cache
COPY node_modules/quickjs-wasi /app/node_modules/quickjs-wasi
COPY node_modules/sucrase /app/node_modules/sucrase
COPY node_modules/@jridgewell/gen-mapping /app/node_modules/@jridgewell/gen-mapping
COPY node_modules/@jridgewell/sourcemap-codec /app/node_modules/@jridgewell/sourcemap-codec
COPY node_modules/@jridgewell/trace-mapping /app/node_modules/@jridgewell/trace-mapping
COPY node_modules/@jridgewell/resolve-uri /app/node_modules/@jridgewell/resolve-uri
COPY node_modules/commander /app/node_modules/commander
COPY node_modules/lines-and-columns /app/node_modules/lines-and-columns
COPY node_modules/mz /app/node_modules/mz
COPY node_modules/any-promise /app/node_modules/any-promise
COPY node_modules/object-assign /app/node_modules/object-assign
COPY node_modules/thenify-all /app/node_modules/thenify-all
COPY node_modules/thenify /app/node_modules/thenify
COPY node_modules/pirates /app/node_modules/pirates
COPY node_modules/tinyglobby /app/node_modules/tinyglobby
COPY node_modules/fdir /app/node_modules/fdir
COPY node_modules/picomatch /app/node_modules/picomatch
COPY node_modules/ts-interface-checker /app/node_modules/ts-interface-checker
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["node", "--permission", "--allow-worker", "--allow-fs-read=/app/*", "--no-warnings", "--disallow-code-generation-from-strings", "/app/dist/sandbox/remote/runner.js"]
