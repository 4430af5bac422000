import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { transactionSuite } from './transaction-suite.ts';

transactionSuite(() => new IDBFactory());
