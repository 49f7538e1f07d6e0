/** Where simulated sites stand. Offsets are standard time: the load shape needs a local noon, not a calendar. */
export const PLACES = [
  { region: 'Region North', timezone: 'Europe/London', countryCode: 'GB', offsetHours: 0, lat: 54.9, lng: -1.6 },
  { region: 'Region North', timezone: 'Europe/Stockholm', countryCode: 'SE', offsetHours: 1, lat: 59.3, lng: 18.1 },
  { region: 'Region South', timezone: 'Europe/Madrid', countryCode: 'ES', offsetHours: 1, lat: 40.4, lng: -3.7 },
  { region: 'Region South', timezone: 'Europe/Rome', countryCode: 'IT', offsetHours: 1, lat: 41.9, lng: 12.5 },
  { region: 'Region East', timezone: 'Europe/Helsinki', countryCode: 'FI', offsetHours: 2, lat: 60.2, lng: 24.9 },
  { region: 'Region East', timezone: 'Asia/Kolkata', countryCode: 'IN', offsetHours: 5.5, lat: 19.1, lng: 72.9 },
  { region: 'Region West', timezone: 'America/New_York', countryCode: 'US', offsetHours: -5, lat: 40.7, lng: -74.0 },
  { region: 'Region West', timezone: 'America/Los_Angeles', countryCode: 'US', offsetHours: -8, lat: 34.1, lng: -118.2 },
  { region: 'Region Islands', timezone: 'Pacific/Auckland', countryCode: 'NZ', offsetHours: 12, lat: -36.8, lng: 174.8 },
] as const;

/** Groups that are not regions: a site may be in several groups, in any order. */
export const OTHER_GROUPS = ['Flagship', 'Pilot'] as const;

export const STORE_TYPES = ['flagship', 'standard', 'express', 'warehouse'] as const;

export type CircuitType = 'fiber' | 'cable' | 'dsl' | 'lte';

/** Who sells the circuits. The names are made up. */
export const PROVIDERS = [
  { name: 'Example Fibre', type: 'fiber', downMbps: [300, 500, 1000], upShare: 1, latencyMs: 12, lossPct: 0.02 },
  { name: 'Example Cable', type: 'cable', downMbps: [200, 300, 500], upShare: 0.2, latencyMs: 24, lossPct: 0.08 },
  { name: 'Sample Telecom', type: 'dsl', downMbps: [50, 100], upShare: 0.25, latencyMs: 31, lossPct: 0.12 },
  { name: 'Sample Mobile', type: 'lte', downMbps: [40, 60], upShare: 0.4, latencyMs: 48, lossPct: 0.4 },
] as const satisfies readonly {
  name: string;
  type: CircuitType;
  downMbps: readonly number[];
  upShare: number;
  latencyMs: number;
  lossPct: number;
}[];

export const GATEWAY_MODELS = ['SSR120', 'SRX320'] as const;
export const AP_MODELS = ['AP45', 'AP43', 'AP32'] as const;
export const SWITCH_MODEL = 'EX2300-C-12P';
export const SSIDS = ['staff', 'guest', 'devices'] as const;
export const DEVICE_TYPES = [
  { type: 'Tablet', os: 'Tablet OS 17' },
  { type: 'Phone', os: 'Phone OS 14' },
  { type: 'Scanner', os: 'Linux' },
  { type: 'unknown', os: 'unknown' },
] as const;
