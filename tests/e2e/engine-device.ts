/**
 * A device in any engine, driven by the few steps that all of them can be driven by. What the app shows is read in the page; clicks and
 * keys go the way a person's do.
 */
import { type Browser, chromium, firefox, type Page } from 'playwright-core';
import { chromiumArgs, findChromium } from '../engines/chromium.mjs';
import { findFirefox, firefoxLaunch } from '../engines/firefox.mjs';
import { WebDriver } from '../engines/web-driver.ts';
import { findWebKit } from '../engines/webkit.mjs';
import { shortMs, syncMs, until } from './waiting.ts';

export type Engine = 'chromium' | 'firefox' | 'webkit';

/** The engines that are here; `npm test` says which are not. */
export function enginesHere(): Engine[] {
  const here: Engine[] = ['chromium'];
  if (findFirefox() !== null) here.push('firefox');
  if (findWebKit() !== null) here.push('webkit');
  return here;
}

/** One browser with storage of its own. `look` runs in the page: only what is written inside the function is there. */
export interface Driver {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  look<T>(seen: (testId: string) => T, testId: string): Promise<T>;
  click(testId: string): Promise<void>;
  /** Puts a text into a field as typing does, and presses Enter where `enter`. */
  fill(testId: string, text: string, enter?: boolean): Promise<void>;
  press(key: 'Escape'): Promise<void>;
  close(): Promise<void>;
}

class PlaywrightDriver implements Driver {
  readonly #browser: Browser;
  readonly #page: Page;

  constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(engine: 'chromium' | 'firefox', isPrivate: boolean): Promise<PlaywrightDriver> {
    const firefoxUserPrefs = { 'browser.privatebrowsing.autostart': isPrivate };
    const browser =
      engine === 'chromium'
        ? await chromium.launch({ executablePath: findChromium() ?? '', args: chromiumArgs })
        : await firefox.launch({ ...firefoxLaunch(findFirefox() ?? ''), firefoxUserPrefs });
    // Stock Firefox cannot pretend any of these.
    const asItIs = { colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null };
    const context = await browser.newContext(asItIs);
    context.setDefaultTimeout(shortMs);
    return new PlaywrightDriver(browser, await context.newPage());
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  look<T>(seen: (testId: string) => T, testId: string): Promise<T> {
    // What comes back has been through JSON, as its type says.
    return this.#page.evaluate(seen as (testId: string) => unknown, testId) as Promise<T>;
  }

  async click(testId: string): Promise<void> {
    await this.#page.getByTestId(testId).click();
  }

  async fill(testId: string, text: string, enter = false): Promise<void> {
    await this.#page.getByTestId(testId).fill(text);
    if (enter) await this.#page.keyboard.press('Enter');
  }

  async press(key: 'Escape'): Promise<void> {
    await this.#page.keyboard.press(key);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

class WebKitDriver implements Driver {
  readonly #browser: WebDriver;

  constructor(browser: WebDriver) {
    this.#browser = browser;
  }

  goto(url: string): Promise<void> {
    return this.#browser.goto(url);
  }

  reload(): Promise<void> {
    return this.#browser.reload();
  }

  look<T>(seen: (testId: string) => T, testId: string): Promise<T> {
    // What comes back has been through JSON, as its type says.
    return this.#browser.call(seen.toString(), testId) as Promise<T>;
  }

  async click(testId: string): Promise<void> {
    const click = async (): Promise<boolean> => this.#browser.click(await this.#element(testId));
    await until(`${testId} is clicked`, click, Boolean);
  }

  async fill(testId: string, text: string, enter = false): Promise<void> {
    await this.#element(testId);
    const type = (id: string, value: string): void => {
      const field = document.querySelector(`[data-testid="${id}"]`);
      if (!(field instanceof HTMLInputElement)) throw new Error(`${id} is no field`);
      field.focus();
      field.select();
      document.execCommand('insertText', false, value);
    };
    await this.#browser.call(type.toString(), testId, text);
    if (enter) await this.#browser.press('Enter');
  }

  press(key: 'Escape'): Promise<void> {
    return this.#browser.press(key);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  #element(testId: string): Promise<unknown> {
    const find = (id: string): Element | null => {
      const found = document.querySelector(`[data-testid="${id}"]:not([disabled])`);
      return found?.checkVisibility() ? found : null;
    };
    const look = (): Promise<unknown> => this.#browser.call(find.toString(), testId);
    return until(`${testId} is here`, look, (element) => element !== null && element !== undefined);
  }
}

async function openDriver(engine: Engine, isPrivate: boolean): Promise<Driver> {
  return engine === 'webkit'
    ? new WebKitDriver(await WebDriver.open())
    : PlaywrightDriver.open(engine, isPrivate);
}

const fieldText = (testId: string): string | null => {
  const field = document.querySelector(`[data-testid="${testId}"]`);
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : null;
};

/** The app on such a device. */
export class EngineDevice {
  readonly #driver: Driver;
  readonly #origin: string;

  private constructor(driver: Driver, origin: string) {
    this.#driver = driver;
    this.#origin = origin;
  }

  /** `isPrivate`: in a private window, which Firefox alone is asked for. */
  static async open(engine: Engine, origin: string, isPrivate = false): Promise<EngineDevice> {
    return new EngineDevice(await openDriver(engine, isPrivate), origin);
  }

  /** Opens this address of the app. */
  async visit(address: string): Promise<void> {
    await this.#driver.goto(address);
  }

  click(testId: string): Promise<void> {
    return this.#driver.click(testId);
  }

  /** What is set under that name in the page's global scope, as texts. */
  texts(name: string): Promise<readonly string[]> {
    return this.#driver.look((of) => [...(Reflect.get(globalThis, of) ?? [])], name);
  }

  async createSpace(memberName: string): Promise<void> {
    await this.#driver.goto(`${this.#origin}/`);
    await this.#enter(memberName, 'create-space');
  }

  async join(link: string, memberName: string): Promise<void> {
    await this.#driver.goto(link);
    await this.#enter(memberName, 'join');
  }

  async #enter(memberName: string, button: string): Promise<void> {
    await this.#driver.fill('member-name', memberName);
    await this.#driver.fill('device-name', `${memberName}’s computer`);
    await this.#driver.click(button);
    await this.#isThere('list-add', syncMs);
  }

  async invite(): Promise<string> {
    await this.#driver.click('invite');
    await this.#driver.click('invite-make');
    const look = (): Promise<string | null> => this.#driver.look(fieldText, 'invite-link');
    const link = await until('an invitation is made', look, Boolean);
    await this.#driver.press('Escape');
    return link ?? '';
  }

  async addList(title: string): Promise<void> {
    await this.#driver.fill('list-add', title, true);
    await until(
      'the list is open',
      () => this.#driver.look(fieldText, 'list-title'),
      (name) => name === title,
    );
  }

  async addItem(title: string): Promise<void> {
    await this.#driver.fill('item-add', title, true);
    await this.sees('item-title', [title]);
  }

  /** Waits until these texts are among what is shown under that name. */
  async sees(testId: string, texts: readonly string[], withinMs = shortMs): Promise<void> {
    const look = (): Promise<string[]> =>
      this.#driver.look(
        (id) =>
          [...document.querySelectorAll(`[data-testid="${id}"]`)].map((at) => at.textContent?.trim() ?? ''),
        testId,
      );
    const isHere = (shown: readonly string[]): boolean =>
      texts.every((text) => shown.some((one) => one.includes(text)));
    await until(`${texts.join(', ')} shown`, look, isHere, withinMs);
  }

  async go(hash: string): Promise<void> {
    await this.#driver.look((to) => {
      location.hash = to;
    }, hash);
  }

  async openFirstList(): Promise<void> {
    await this.go('#/');
    await this.#isThere('list-row');
    await this.#driver.look((id) => {
      const row = document.querySelector(`[data-testid="${id}"]`);
      const link = row?.matches('a, button') ? row : row?.querySelector('a, button');
      if (link instanceof HTMLElement) link.click();
    }, 'list-row');
    await this.#isThere('list-title');
  }

  async upToDate(): Promise<void> {
    const kinds = (id: string): string | null =>
      document.querySelector(`[data-testid="${id}"]`)?.getAttribute('data-kind') ?? null;
    const look = (): Promise<string | null> => this.#driver.look(kinds, 'pill');
    await until('up to date', look, (kind) => kind === '', syncMs);
  }

  async digest(): Promise<string> {
    await this.go('#/sync');
    await this.#isThere('exact-terms');
    await this.#driver.look((id) => {
      document.querySelector(`[data-testid="${id}"]`)?.setAttribute('open', '');
    }, 'exact-terms');
    await this.#driver.click('digest-again');
    const stateAndText = (id: string): string => {
      const at = document.querySelector(`[data-testid="${id}"]`);
      return `${at?.getAttribute('data-state')} ${at?.textContent}`;
    };
    const look = (): Promise<string> => this.#driver.look(stateAndText, 'digest');
    const seen = await until('the digest is computed', look, (text) => text.startsWith('ready '));
    return seen.slice('ready '.length);
  }

  async readyOffline(): Promise<void> {
    await this.go('#/settings');
    const state = (id: string): string | null =>
      document.querySelector(`[data-testid="${id}"]`)?.getAttribute('data-state') ?? null;
    const look = (): Promise<string | null> => this.#driver.look(state, 'offline-ready');
    await until('ready for offline', look, (is) => is === 'ready', 60_000);
  }

  async reload(): Promise<void> {
    await this.#driver.reload();
    await this.#isThere('list-add');
  }

  async #isThere(testId: string, withinMs = shortMs): Promise<void> {
    const look = (): Promise<boolean> =>
      this.#driver.look((id) => document.querySelector(`[data-testid="${id}"]`) !== null, testId);
    await until(`${testId} is there`, look, Boolean, withinMs);
  }

  close(): Promise<void> {
    return this.#driver.close();
  }
}
