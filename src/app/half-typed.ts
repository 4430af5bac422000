/** A line that is typed and not entered yet survives a reload of its tab, and nothing longer than that. */
import { useEffect, useRef, useState } from 'preact/hooks';

const prefix = 'cairn.typed.';

export function useHalfTyped(place: string): [string, (text: string | ((typed: string) => string)) => void] {
  const [text, setText] = useState(() => taken(prefix + place));
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const keep = (): void => {
      if (latest.current === '') return;
      try {
        sessionStorage.setItem(prefix + place, latest.current);
      } catch {
        // A browser that keeps nothing keeps no line.
      }
    };
    addEventListener('pagehide', keep);
    return () => removeEventListener('pagehide', keep);
  }, [place]);
  return [text, setText];
}

function taken(key: string): string {
  try {
    const text = sessionStorage.getItem(key) ?? '';
    sessionStorage.removeItem(key);
    return text;
  } catch {
    // A browser that keeps nothing keeps no line.
    return '';
  }
}
