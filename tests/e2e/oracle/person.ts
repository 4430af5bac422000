/** A person with a browser of their own behind a relay that may lie, and the ways in which that goes wrong. */
import type { Fault } from '../../hostile/proxy.ts';
import { HostileProxy } from '../../hostile/proxy.ts';
import type { Random } from '../../sim/random.ts';
import { Profile } from '../profile.ts';
import type { RelayProcess } from '../relay-process.ts';
import { Tab } from '../tab.ts';
import { until } from '../waiting.ts';

export const list = 'Trips';
/** So many items each has at most: a window shows them all. */
const mostItems = 8;

/** Time as it is. */
async function wait(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until('a pause', () => performance.now() >= end, Boolean, ms + 10_000);
}

export class Person {
  readonly name: string;
  readonly profile: Profile;
  readonly proxy: HostileProxy;
  #tab: Tab;
  #written = 0;
  /** The items of this person that are there: nobody else touches them. */
  #items: string[] = [];
  isFrozen = false;
  #isOffline = false;

  private constructor(name: string, profile: Profile, proxy: HostileProxy, tab: Tab) {
    this.name = name;
    this.profile = profile;
    this.proxy = proxy;
    this.#tab = tab;
  }

  static async open(name: string, relay: RelayProcess): Promise<Person> {
    const proxy = await HostileProxy.open(relay.port, wait);
    const profile = await Profile.open(relay, proxy.port);
    return new Person(name, profile, proxy, await Tab.of(profile, await roomy(profile)));
  }

  get tab(): Tab {
    return this.#tab;
  }

  async dispose(): Promise<void> {
    await this.profile.dispose();
    await this.proxy.close();
  }

  /** Writes something, and comes back when it is seen. */
  async write(random: Random): Promise<string> {
    const item = this.#items.length > 0 ? random.pick(this.#items) : null;
    if (item === null || (this.#items.length < mostItems && random.chance(0.6))) {
      const title = `${this.name} ${this.#written++}`;
      await this.#tab.addItem(title);
      this.#items.push(title);
      return `adds ${title}`;
    }
    this.#items = this.#items.filter((one) => one !== item);
    if (random.chance(0.5)) {
      await this.#tab.deleteItem(item);
      return `deletes ${item}`;
    }
    const to = `${this.name} ${this.#written++}`;
    await this.#tab.retitle(item, to);
    this.#items.push(to);
    return `calls ${item} ${to}`;
  }

  /** Opens the panel, if it is not. */
  async look(): Promise<void> {
    const { page } = this.#tab;
    await page.getByTestId('pill').click();
    await page.getByTestId('devices-panel').waitFor();
  }

  async askForSync(): Promise<void> {
    await this.look();
    const button = this.#tab.page.getByTestId('sync-now');
    if (await button.isEnabled()) await button.click();
  }

  async toggleOffline(): Promise<string> {
    this.#isOffline = !this.#isOffline;
    if (this.#isOffline) await this.profile.goOffline();
    else await this.profile.goOnline();
    return this.#isOffline ? 'goes offline' : 'goes online';
  }

  /** Whether the browser knows of no network; the app is then opened from its service worker alone. */
  get isOffline(): boolean {
    return this.#isOffline;
  }

  async reload(): Promise<void> {
    await this.#tab.reload();
  }

  async crashTab(): Promise<void> {
    await this.profile.crashTab();
    await this.#openAgain();
  }

  /** Every process of the browser ends at once, and it is started again. */
  async killBrowser(): Promise<void> {
    await this.profile.kill();
    await this.profile.launch();
    await this.#openAgain();
  }

  async freeze(): Promise<void> {
    await this.#tab.freeze();
    this.isFrozen = true;
  }

  async thaw(): Promise<void> {
    await this.#tab.thaw();
    this.isFrozen = false;
  }

  meet(fault: Fault): void {
    this.proxy.fail(fault);
  }

  /** All that went wrong around this person ends. */
  async heal(): Promise<void> {
    if (this.isFrozen) await this.thaw();
    if (this.#isOffline) await this.toggleOffline();
    this.proxy.heal();
    this.proxy.drop();
  }

  async #openAgain(): Promise<void> {
    this.#tab = await Tab.of(this.profile, await roomy(this.profile));
    await this.#tab.open();
    await this.#tab.openList(list);
  }
}

async function roomy({ page }: Profile): Promise<Profile['page']> {
  await page.setViewportSize({ width: 1280, height: 1400 });
  return page;
}
