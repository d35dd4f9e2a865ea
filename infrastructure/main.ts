/** The CDK app. `make aws-synth` and its siblings run it through the CDK command line. */
import { infrastructureApp } from './app.ts';
import { SELECTED } from './environments.ts';

infrastructureApp(SELECTED).synth();
