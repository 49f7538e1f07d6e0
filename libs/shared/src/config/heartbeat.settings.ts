import { endpoint, httpsOnly } from './channel-values.js';
import { required, section, withDefault, type Reader } from './yaml-reader.js';
import { flag, integer, secret } from './yaml-values.js';

/** A dead-man's switch: somebody outside raises the alarm when these calls stop. */
export interface HeartbeatSettings {
  /** Whoever knows it can pretend that all is well: kept like a secret. */
  readonly url: string;
  readonly everySeconds: number;
  /** May it lie in a private network, and speak plain HTTP? */
  readonly allowPrivate: boolean;
}

/** The section `heartbeat`. */
export const readHeartbeat: Reader<HeartbeatSettings> = (place) => {
  const settings = section<HeartbeatSettings>({
    url: required(endpoint(secret)),
    everySeconds: withDefault(integer({ min: 10, max: 3_600 }), 60),
    allowPrivate: withDefault(flag, false),
  })(place);
  httpsOnly(place, settings);
  return settings;
};
