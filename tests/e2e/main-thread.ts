import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CDPSession, Page } from 'playwright-core';

/** A task of the page's main thread: how long it lasted by the clock, and how long it had the processor, in milliseconds. */
export interface Task {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What became of a key press: an event's time from the key until the screen shows what follows from it. */
export interface KeyEvent extends Task {
  readonly type: string;
}

export interface Watched {
  readonly tasks: readonly Task[];
  readonly keys: readonly KeyEvent[];
  /** How much longer than usual a busy loop beside it took at most; 1 on a machine that nobody else uses. */
  readonly stretch: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: {
    readonly name?: string;
    readonly data?: { readonly type?: string; readonly duration?: number };
  };
}

/** Watches the main thread of a page while `work` goes on, by the browser's own trace, which costs the page nothing. */
export async function watchMainThread(page: Page, work: () => Promise<void>): Promise<Watched> {
  const loop = new Worker(new URL('./busy-loop.mjs', import.meta.url));
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    // The protocol's types leave open what a trace consists of.
    for (const event of value) events.push(event as unknown as TraceEvent);
  });
  try {
    await session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'],
        traceBufferSizeInKb: 500_000,
      },
    });
    await work();
    // What the last keys brought about is on the screen by then.
    await page.evaluate(async () => {
      for (let i = 0; i < 3; i += 1) await new Promise((done) => requestAnimationFrame(done));
    });
    await endTrace(session);
    loop.postMessage('end');
    const [stretch]: number[] = await once(loop, 'message');
    return { ...read(events), stretch: stretch ?? Number.NaN };
  } finally {
    await session.detach();
    await loop.terminate();
  }
}

async function endTrace(session: CDPSession): Promise<void> {
  const complete = new Promise<boolean>((resolve) =>
    session.once('Tracing.tracingComplete', ({ dataLossOccurred }) => resolve(dataLossOccurred)),
  );
  await session.send('Tracing.end');
  if (await complete) throw new Error('The browser has lost a part of its trace');
}

function read(events: readonly TraceEvent[]): Omit<Watched, 'stretch'> {
  const thread = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const main = new Set(
    events.flatMap((event) =>
      event.name === 'thread_name' && event.args.name === 'CrRendererMain' ? [thread(event)] : [],
    ),
  );
  const ran = events.filter(
    (event) => event.name === 'RunTask' && event.ph === 'X' && main.has(thread(event)),
  );
  const keys = events.flatMap((event): KeyEvent[] => {
    const { type = '', duration = 0 } = event.args.data ?? {};
    if (event.name !== 'EventTiming' || event.ph !== 'b' || !/^key|^input$/.test(type)) return [];
    const end = event.ts + duration * 1000;
    const during = ran.filter((task) => task.ts < end && task.ts + (task.dur ?? 0) > event.ts);
    return [{ type, wallMs: duration, cpuMs: sum(during.map(({ tdur = 0 }) => tdur)) / 1000 }];
  });
  const tasks = ran.map(({ dur = 0, tdur = 0 }) => ({ wallMs: dur / 1000, cpuMs: tdur / 1000 }));
  return { tasks, keys };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
