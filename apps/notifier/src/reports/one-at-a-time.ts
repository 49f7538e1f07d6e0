/** Work that this process does once at a time: who comes meanwhile leaves it to who is at it, and to the next sweep. */
export class OneAtATime {
  private isBusy = false;

  async run(work: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await work();
    } finally {
      this.isBusy = false;
    }
  }
}
