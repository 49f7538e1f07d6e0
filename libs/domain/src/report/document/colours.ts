import type { Tone } from './document.js';

/** Colours of severities and statuses on a light and on a dark ground; told apart by the word beside them too. */
export const TONE_COLOURS: Readonly<Record<Tone, { readonly light: string; readonly dark: string }>> = {
  critical: { light: '#b3261e', dark: '#ff8a80' },
  major: { light: '#b54a00', dark: '#ffab66' },
  warning: { light: '#856000', dark: '#ffd54f' },
  info: { light: '#1b6e3c', dark: '#7bd99a' },
  unknown: { light: '#5f6672', dark: '#a7afbb' },
  CRITICAL: { light: '#b3261e', dark: '#ff8a80' },
  UNHEALTHY: { light: '#b54a00', dark: '#ffab66' },
  DEGRADED: { light: '#856000', dark: '#ffd54f' },
  HEALTHY: { light: '#1b6e3c', dark: '#7bd99a' },
  UNKNOWN: { light: '#5f6672', dark: '#a7afbb' },
};

/** Colours of the lines of a chart, in order. */
export const SERIES_COLOURS = ['#1a5fb4', '#c64600', '#26a269', '#9141ac', '#a51d2d', '#63452c', '#0b7285'] as const;

export const isTone = (text: string): text is Tone => text in TONE_COLOURS;
export const seriesColour = (index: number): string => SERIES_COLOURS[index % SERIES_COLOURS.length] ?? SERIES_COLOURS[0];
