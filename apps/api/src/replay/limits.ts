/** Code of a replay that asks for too much. */
export const REPLAY_TOO_LARGE = 'REPLAY_TOO_LARGE';
/** Code of a change of a rule about which nothing is stored. */
export const REPLAY_NOT_STORED = 'REPLAY_NOT_STORED';
