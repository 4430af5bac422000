/** `Trouble` for parts of the first load: its words are loaded when there is some. */
import { lazily } from '../lazily.tsx';

export const LazyTrouble = lazily(() => import('./trouble.tsx'), 'Trouble');
