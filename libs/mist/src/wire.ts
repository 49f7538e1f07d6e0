/** Mist's rows as they travel, only the fields we read. `undefined` and `null` both mean "the answer did not say". */
export type Maybe<T> = T | null | undefined;

export interface WireSite {
  id: string;
  name?: Maybe<string>;
  timezone?: Maybe<string>;
  country_code?: Maybe<string>;
  sitegroup_ids?: Maybe<string[]>;
  gatewaytemplate_id?: Maybe<string>;
  latlng?: Maybe<{ lat: number; lng: number }>;
}

export interface WireSiteGroup {
  id: string;
  name: string;
}

export interface WireDevice {
  id?: Maybe<string>;
  mac?: Maybe<string>;
  type?: Maybe<string>;
  site_id?: Maybe<string>;
  name?: Maybe<string>;
  hostname?: Maybe<string>;
  model?: Maybe<string>;
  version?: Maybe<string>;
  connected?: Maybe<boolean>;
}

export interface WireInterface {
  port_id?: Maybe<string>;
  port_usage?: Maybe<string>;
  wan_name?: Maybe<string>;
  wan_type?: Maybe<string>;
  servp_info?: Maybe<{ org?: Maybe<string> }>;
}

export interface WireGateway extends WireDevice {
  status?: Maybe<string>;
  uptime?: Maybe<number>;
  if_stat?: Maybe<Record<string, WireInterface>>;
}

export interface WirePortConfig {
  usage?: Maybe<string>;
  name?: Maybe<string>;
  wan_type?: Maybe<string>;
  lte_backup?: Maybe<boolean>;
  disabled?: Maybe<boolean>;
  /** A number, or a variable that was filled in. */
  traffic_shaping?: Maybe<{ enabled?: Maybe<boolean>; max_tx_kbps?: Maybe<number | string> }>;
}

export interface WirePathPreference {
  strategy?: Maybe<string>;
  paths?: Maybe<{ type?: Maybe<string>; name?: Maybe<string>; wan_name?: Maybe<string>; disabled?: Maybe<boolean> }[]>;
}

export interface WireConfig {
  port_config?: Maybe<Record<string, Maybe<WirePortConfig>>>;
  path_preferences?: Maybe<Record<string, Maybe<WirePathPreference>>>;
}

export interface WireGatewayConfig {
  id?: Maybe<string>;
  mac?: Maybe<string>;
  own: WireConfig;
  inherited?: Maybe<WireConfig>;
}

export interface WirePort {
  mac: string;
  port_id: string;
  site_id: string;
  up?: Maybe<boolean>;
  active?: Maybe<boolean>;
  disabled?: Maybe<boolean>;
  rx_bytes?: Maybe<number>;
  tx_bytes?: Maybe<number>;
  uptime?: Maybe<number>;
  counter_bits?: Maybe<32 | 64>;
  speed?: Maybe<number>;
  last_flapped?: Maybe<number>;
  latency?: Maybe<number>;
  jitter?: Maybe<number>;
  loss?: Maybe<number>;
}

export interface WirePath {
  mac: string;
  port_id: string;
  peer_mac: string;
  peer_port_id?: Maybe<string>;
  site_id?: Maybe<string>;
  up?: Maybe<boolean>;
  is_active?: Maybe<boolean>;
  latency?: Maybe<number>;
  jitter?: Maybe<number>;
  loss?: Maybe<number>;
  mos?: Maybe<number>;
  mtu?: Maybe<number>;
}

export interface WireEvent {
  type: string;
  timestamp: number;
  mac?: Maybe<string>;
  ap?: Maybe<string>;
  site_id?: Maybe<string>;
  port_id?: Maybe<string>;
  text?: Maybe<string>;
}

export interface WireAlarm {
  id: string;
  type: string;
  timestamp: number;
  group?: Maybe<string>;
  severity?: Maybe<string>;
  site_id?: Maybe<string>;
  last_seen?: Maybe<number>;
  resolved_time?: Maybe<number>;
  count?: Maybe<number>;
  acked?: Maybe<boolean>;
}

export interface WireSleRow {
  site_id: string;
  num_aps?: Maybe<number>;
  num_clients?: Maybe<number>;
  num_gateways?: Maybe<number>;
  [metric: string]: unknown;
}

export interface WireImpact {
  num_users?: Maybe<number>;
  total_users?: Maybe<number>;
  num_aps?: Maybe<number>;
  total_aps?: Maybe<number>;
  num_gateways?: Maybe<number>;
  total_gateways?: Maybe<number>;
}

export interface WireBuckets {
  total?: Maybe<Maybe<number>[]>;
  degraded?: Maybe<Maybe<number>[]>;
  value?: Maybe<Maybe<number>[]>;
}

export interface WireSle {
  name?: Maybe<string>;
  interval?: Maybe<number>;
  samples?: Maybe<WireBuckets>;
  y_label?: Maybe<string>;
}

/** `summary` and `summary-trend` alike; the second has no impact. */
export interface WireSleDetail {
  start: number;
  end: number;
  sle: WireSle;
  impact?: Maybe<WireImpact>;
  classifiers?: Maybe<(WireSle & { name: string; impact?: Maybe<WireImpact> })[]>;
}
