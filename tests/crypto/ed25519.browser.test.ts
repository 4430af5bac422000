import { ed25519Suite } from './ed25519-suite.ts';

ed25519Suite();
