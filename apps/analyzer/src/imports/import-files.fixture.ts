import type { ImportKind } from './kinds.js';

export const SITES = [
  'site_id,name,timezone,region,region_since,store_type,country_code',
  's1,Alpha,Europe/Berlin,North,,flagship,DE',
  's1,,,South,2026-02-01T00:00:00Z,,',
  's2,Beta,UTC,,,,FR',
];
export const CIRCUITS = [
  'site_id,mac,port_id,name,role,provider,type,bandwidth_down_mbps,bandwidth_up_mbps,since',
  's1,m1,p1,Fibre,primary,Acme Net,fibre,100,,',
  's1,m1,p1,,,,,200,50,2026-03-02T11:00:00Z',
  's1,m1,p2,Radio,Backup,,lte,,,',
];
export const HOURS = [
  'hour,site_id,mac,port_id,rx_bytes,tx_bytes,up_minutes,flaps,latency_avg',
  '2026-03-02T10:00:00Z,s1,m1,p1,9000000000,1,60,0,20',
  '2026-03-02T11:00:00Z,s1,m1,p1,9000000000,1,45,2,',
  '2026-03-02T13:00:00Z,s1,m1,p1,,,,,',
];
export const SAMPLES = [
  'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes,latency_ms',
  '2026-03-03T10:00:00Z,s1,m1,p1,true,0,0,10',
  '2026-03-03T10:30:00Z,s1,m1,p1,true,4500000000,100,20',
  '2026-03-03T11:00:00Z,s1,m1,p1,true,9000000000,200,30',
];
export const EVENTS = [
  'timestamp,site_id,mac,port_id,state',
  '2026-03-03T10:40:00Z,s1,m1,p1,down',
  '2026-03-03T10:50:00Z,s1,m1,p1,up',
];
export const SLE = [
  'timestamp,site_id,metric,score,num_aps,num_clients',
  '2026-03-02T10:00:00Z,s1,Coverage,0.654,3,20',
  '2026-03-02T10:00:00Z,s1,throughput,,3,20',
];
export const FILES: readonly (readonly [ImportKind, readonly string[]])[] = [
  ['sites', SITES],
  ['circuits', CIRCUITS],
  ['circuit-hours', HOURS],
  ['port-samples', SAMPLES],
  ['port-events', EVENTS],
  ['sle', SLE],
];
