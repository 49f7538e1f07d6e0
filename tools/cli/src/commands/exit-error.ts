/** Ends the command with this exit code after its message; 1 = the work failed, 2 = the words of the call were wrong. */
export class ExitError extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
    this.name = 'ExitError';
  }
}
