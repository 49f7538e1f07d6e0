/** Literally the kinds of the queue contract; a library below the queue cannot import them. The collector's types keep the two equal. */
export type CollectKind =
  | 'sites'
  | 'site-groups'
  | 'inventory'
  | 'gateways'
  | 'wan-ports'
  | 'peer-paths'
  | 'device-events'
  | 'alarms'
  | 'sle-wifi'
  | 'sle-wan'
  | 'sle-detail'
  | 'gateway-config';
