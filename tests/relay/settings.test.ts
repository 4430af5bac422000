/** What an operator may set, and what is said of a wrong setting. */
import { describe, expect, test } from 'vitest';
import { readSettings, SettingError } from '../../src/relay/settings.ts';

const folder = '/srv/cairn';
const wrong = (environment: Record<string, string>): string => {
  try {
    readSettings(environment, folder);
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  return '';
};

test('RELAY-10: with nothing set it serves this machine, under localhost, from a file in .cairn', () => {
  expect(readSettings({}, folder)).toEqual({
    port: 8787,
    host: '127.0.0.1',
    origin: 'http://localhost:8787',
    file: '/srv/cairn/.cairn/relay.sqlite',
    behindProxy: false,
  });
  expect(readSettings({ PORT: ' ', CAIRN_ORIGIN: '', CAIRN_HOST: '', CAIRN_DATA: '' }, folder).port).toBe(
    8787,
  );
});

describe('PORT', () => {
  test('RELAY-10: is a port, and part of the origin unless that is set', () => {
    expect(readSettings({ PORT: '1' }, folder).origin).toBe('http://localhost:1');
    expect(readSettings({ PORT: '65535' }, folder).port).toBe(65_535);
  });

  test.for(['0', '65536', '-1', '80.5', 'http', '0x50', '1e3', '123456'])(
    'RELAY-10: %s is refused by name',
    (PORT) => {
      expect(wrong({ PORT })).toBe(`PORT must be a number from 1 to 65535, not "${PORT}".`);
    },
  );
});

describe('CAIRN_ORIGIN', () => {
  test('RELAY-1: is the origin that tokens name, and a public one opens all interfaces', () => {
    const settings = readSettings({ CAIRN_ORIGIN: 'https://Cairn.Example.org/' }, folder);
    expect(settings).toMatchObject({ origin: 'https://cairn.example.org', host: undefined, port: 8787 });
    expect(
      readSettings({ CAIRN_ORIGIN: 'https://cairn.example.org', CAIRN_HOST: '10.0.0.5' }, folder).host,
    ).toBe('10.0.0.5');
    expect(readSettings({ CAIRN_ORIGIN: 'http://127.0.0.1:9000' }, folder).host).toBe('127.0.0.1');
  });

  test.for([
    'cairn.example.org',
    'https://cairn.example.org/app',
    'https://cairn.example.org/?x',
    'https://user@cairn.example.org',
    'ftp://cairn.example.org',
    'file:///srv',
    'null',
  ])('RELAY-1: %s is refused by name', (CAIRN_ORIGIN) => {
    expect(wrong({ CAIRN_ORIGIN })).toMatch(/^CAIRN_ORIGIN must be an origin/);
  });
});

test('RELAY-10: CAIRN_DATA is a file if it ends like one, and else a folder', () => {
  const file = (CAIRN_DATA: string): string => readSettings({ CAIRN_DATA }, folder).file;
  expect(file('/var/lib/cairn')).toBe('/var/lib/cairn/relay.sqlite');
  expect(file('/var/lib/cairn.sqlite')).toBe('/var/lib/cairn.sqlite');
  expect(file('data/relay.db')).toBe('/srv/cairn/data/relay.db');
  expect(file('data')).toBe('/srv/cairn/data/relay.sqlite');
});

test('RELAY-16: CAIRN_PROXY is 1 or 0', () => {
  expect(readSettings({ CAIRN_PROXY: '1' }, folder).behindProxy).toBe(true);
  expect(readSettings({ CAIRN_PROXY: '0' }, folder).behindProxy).toBe(false);
  expect(wrong({ CAIRN_PROXY: 'yes' })).toBe('CAIRN_PROXY must be 1 or 0, not "yes".');
});
