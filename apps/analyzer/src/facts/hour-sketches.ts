import { Sketch, type QualityValues } from '@app/domain';

/** Encoded sketches of one hour; `null` = no value. */
export interface HourSketches {
  readonly latency: Uint8Array | null;
  readonly jitter: Uint8Array | null;
  readonly loss: Uint8Array | null;
}

/** `null` for an hour without any value. */
export const sketchesOf = ({ latency, jitter, loss }: QualityValues): HourSketches | null =>
  latency.length + jitter.length + loss.length === 0
    ? null
    : { latency: Sketch.encodeSorted(latency), jitter: Sketch.encodeSorted(jitter), loss: Sketch.encodeSorted(loss) };
