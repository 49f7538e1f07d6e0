import { ConfigError } from './config.error.js';
import { parseSettings } from './settings.js';

const faultsOf = (heartbeat: string): string[] => {
  try {
    parseSettings(`heartbeat: ${heartbeat}\n`, {});
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message }) => `${path} ${message}`);
  }
};

describe('the section heartbeat', () => {
  it('is off unless it is given, and calls every minute unless told otherwise', () => {
    expect(parseSettings('', {}).heartbeat).toBeUndefined();
    expect(parseSettings('heartbeat: { url: "https://check.example.com/abc" }', {}).heartbeat).toEqual({
      url: 'https://check.example.com/abc',
      everySeconds: 60,
      allowPrivate: false,
    });
  });

  it.each([
    ['{}', 'heartbeat.url'],
    ['{ url: "http://check.example.com/abc" }', 'heartbeat.url should be https'],
    ['{ url: "ftp://check.example.com" }', 'heartbeat.url'],
    ['{ url: "https://check.example.com/abc", everySeconds: 5 }', 'heartbeat.everySeconds'],
    ['{ url: "https://check.example.com/abc", evrySeconds: 60 }', 'heartbeat.evrySeconds'],
  ])('says what is wrong with %s', (heartbeat, fault) => {
    expect(faultsOf(heartbeat)).toEqual([expect.stringContaining(fault)]);
  });

  it('may speak plain HTTP inside a private network where that is allowed', () => {
    expect(faultsOf('{ url: "http://10.0.0.7/beat", allowPrivate: true }')).toEqual([]);
  });
});
