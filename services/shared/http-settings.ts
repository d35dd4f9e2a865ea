import { decimal } from './config.ts';

/** Settings of a process that listens for HTTP. */
export const httpSettings = (maximumDrainSeconds: number) => ({
  HTTP_KEEP_ALIVE_SECONDS: decimal(1, 3600)
    .default(75)
    .describe(
      'Time for which a connection without a request stays open. It must exceed the idle time-out of a balancer, which is 60 s on AWS. A request head may take 5 s longer.',
    ),
  DRAIN_SECONDS: decimal(0, maximumDrainSeconds)
    .default(0)
    .describe(
      'Time after SIGTERM for which new connections are accepted. It must exceed the time in which balancers forget the process. With 0, only kept connections are waited for, at most 1 s each.',
    ),
});
