import { storedKeysSuite } from './stored-keys-suite.ts';

storedKeysSuite(() => indexedDB);
