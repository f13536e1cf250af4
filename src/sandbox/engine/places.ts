/** The places of a member: each program in it has one, by which the member knows it. `Image`: an image as the member has it. */
export class Places<Image extends object> {
  private readonly ownImages: number
  /** The last image of each place, unless the place is taken. */
  private readonly places: (Image | 'free' | 'taken')[] = []
  /** Places of programs that were taken back, until the member has come to these programs. */
  private readonly skipping = new Map<number, number>()

  /** `ownImages`: places that are used before one is that had another image, whose engine would be thrown away. */
  constructor(ownImages = 0) {
    this.ownImages = ownImages
  }

  /** Programs were taken back that the member has not come to. */
  get isBehind(): boolean {
    return this.skipping.size > 0
  }

  /** A free one: one that had the same image last, else one that had none, else any. */
  take(image: Image): number {
    const same = this.places.indexOf(image)
    const place = same < 0 ? this.findOther() : same
    this.places[place] = 'taken'
    return place
  }

  private findOther(): number {
    if (this.places.length < this.ownImages) return this.places.length
    const free = this.places.findIndex((last) => last !== 'taken')
    return free < 0 ? this.places.length : free
  }

  giveBack(place: number, image: Image): void {
    this.places[place] = image
  }

  /** Stays taken until the member has read of the run, and skipped it. */
  giveBackSkipped(place: number, run: number): void {
    this.skipping.set(run, place)
  }

  handleSkipped(run: number): void {
    const place = this.skipping.get(run)
    if (place === undefined) return
    this.skipping.delete(run)
    this.places[place] = 'free'
  }
}
