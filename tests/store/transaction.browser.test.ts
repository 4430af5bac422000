import { transactionSuite } from './transaction-suite.ts';

transactionSuite(() => indexedDB);
