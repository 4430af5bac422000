/** Values of the library inside components: each hook draws again when its value changes, and lets go with the component. */
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Live, LiveResult, Observable } from '../client/index.ts';

export function useObserved<T>(observable: Observable<T>): T {
  const [held, setHeld] = useState({ observable, value: observable.value });
  useEffect(() => observable.subscribe((value) => setHeld({ observable, value })), [observable]);
  return held.observable === observable ? held.value : observable.value;
}

const loading: LiveResult<never> = { rows: [], loading: true, error: null };

/** A live query that is open as long as the component shows it; `key` tells when it is another one. */
export function useLive<R>(open: () => Live<R>, key: string): LiveResult<R> {
  const [held, setHeld] = useState<{ key: string; result: LiveResult<R> }>({ key, result: loading });
  // `open` is written anew at each drawing; `key` says when it means something else. It is asked at once: what waits until the
  // drawing is on the screen costs a frame, and the rows come a frame later.
  useLayoutEffect(() => {
    const live = open();
    const stop = live.subscribe((result) => setHeld({ key, result }));
    return () => {
      stop();
      live.close();
    };
  }, [key]);
  return held.key === key ? held.result : loading;
}

/** The time, for words like "3 minutes ago"; moves on while the page is seen. */
export const now = signal(Date.now());

export function followTime(): void {
  const tick = (): void => {
    if (document.visibilityState === 'visible') now.value = Date.now();
  };
  setInterval(tick, 10_000);
  document.addEventListener('visibilitychange', tick);
}
