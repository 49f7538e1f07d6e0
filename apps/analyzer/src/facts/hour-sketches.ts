import { Sketch, type QualityValues } from '@app/domain';

/** Encoded sketches of one hour, as text that Postgres reads as bytes; `null` = no value. */
export interface HourSketches {
  readonly latency: string | null;
  readonly jitter: string | null;
  readonly loss: string | null;
}

/** `null` for an hour without any value. */
export const sketchesOf = ({ latency, jitter, loss }: QualityValues): HourSketches | null =>
  latency.length + jitter.length + loss.length === 0
    ? null
    : { latency: encoded(latency), jitter: encoded(jitter), loss: encoded(loss) };

const encoded = (ascending: readonly number[]): string | null => {
  const bytes = Sketch.encodeSorted(ascending);
  return bytes === null ? null : `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`;
};
