import { IDBFactory } from 'fake-indexeddb';
import { storedKeysSuite } from './stored-keys-suite.ts';

storedKeysSuite(() => new IDBFactory());
