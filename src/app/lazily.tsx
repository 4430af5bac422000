/**
 * A component, named `name` in its module, whose code is loaded when it is first shown, with the look of all that is: what the first screen
 * does not need is not in the first load. Vite makes four times as many bytes of an `import()` whose result is looked into on the spot.
 */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function lazily<Name extends string, Props extends object>(
  load: () => Promise<Readonly<Record<Name, ComponentType<Props>>>>,
  name: Name,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazily(props: Props) {
    const [state, setState] = useState<'here' | 'loading' | 'failed'>(loaded === null ? 'loading' : 'here');
    useEffect(() => {
      if (state !== 'loading') return;
      Promise.all([load(), import('./parts/beside-style.ts')]).then(
        ([module]) => {
          loaded = module[name];
          setState('here');
        },
        () => setState('failed'),
      );
    }, [state]);
    if (loaded !== null) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (state === 'loading') return null;
    return (
      <div class="pane panel empty" role="alert">
        <p>This part of Cairn could not be loaded. Check the connection, or reload the page.</p>
        <button type="button" class="plain" onClick={() => setState('loading')}>
          Try again
        </button>
      </div>
    );
  };
}
