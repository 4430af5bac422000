/** Lets Vitest's browser mode run its tests in WebKitGTK. */
import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node';
import { WebDriver } from './web-driver.ts';

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    __vitest_viewport: () => Promise<void>;
  }
}

class WebKitProvider implements BrowserProvider {
  readonly name = 'webkitgtk';
  /** One driver has one session, and a session one window. */
  readonly supportsParallelism = false;
  #browser: Promise<WebDriver> | null = null;

  constructor(project: TestProject) {
    // Vitest sets the size of its frame by a command that each provider brings; ours has the size of its window.
    project.browser?.registerCommand('__vitest_viewport', async () => {});
  }

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_session: string, url: string): Promise<void> {
    this.#browser ??= WebDriver.open();
    await (await this.#browser).goto(url);
  }

  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = null;
    await (await browser)?.close();
  }
}

export const webkitProvider = (): BrowserProviderOption =>
  defineBrowserProvider({
    name: 'webkitgtk',
    supportedBrowser: ['webkit'],
    providerFactory: (project) => new WebKitProvider(project),
  });
