import { z } from 'zod';
import { OVERVIEW } from '../../charts/overview-panels.ts';
import { documentedMetrics } from './documented-metrics.ts';
import { waitUntil } from './wait-until.ts';

const vectorSchema = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }),
});
const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({ labels: z.record(z.string(), z.string()), health: z.string(), lastError: z.string() }),
    ),
  }),
});

/** Number of series that a query gives. @throws Error if Prometheus refuses the query */
export async function series(url: string, query: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const body = await response.json();
  const answer = vectorSchema.safeParse(body);
  if (!answer.success) throw new Error(`${query}: ${JSON.stringify(body).slice(0, 300)}`);
  return answer.data.data.result.length;
}

/** Every pod with metrics is scraped, and no scrape fails. */
export async function targetsUp(url: string, jobs: readonly string[]): Promise<string> {
  return waitUntil('every target up', 60, async () => {
    const response = await fetch(`${url}/api/v1/targets?state=active`);
    const { data } = targetsSchema.parse(await response.json());
    const missing = jobs.filter((job) => !data.activeTargets.some(({ labels }) => labels.job === job));
    const down = data.activeTargets.filter(({ health }) => health !== 'up');
    if (missing.length > 0) throw new Error(`Prometheus has no target of ${missing.join(', ')}`);
    if (down.length > 0)
      throw new Error(
        down.map(({ labels, lastError }) => `${labels.job} ${labels.instance}: ${lastError}`).join('; '),
      );
    return `${data.activeTargets.length} targets of ${jobs.length} jobs`;
  });
}

/** Every metric that the documentation promises for this moment has a sample. */
export async function metricsPresent(url: string, moment: 'always' | 'rollout'): Promise<string> {
  const names = documentedMetrics(moment);
  return waitUntil('every documented metric present', 60, async () => {
    const missing: string[] = [];
    for (const name of names) {
      const found = await series(url, `max_over_time({__name__=~"${name}(_count)?"}[1h])`);
      if (found === 0) missing.push(name);
    }
    if (missing.length > 0) throw new Error(`these metrics have no sample: ${missing.join(', ')}`);
    return `${names.length} metrics`;
  });
}

/** Prometheus answers the query of every panel. @returns how many queries have series now */
export async function panelsAnswer(url: string): Promise<string> {
  const panels = Object.values(OVERVIEW).flat();
  let filled = 0;
  for (const { query } of panels) {
    if ((await series(url, query)) > 0) filled++;
  }
  return `${panels.length} panels, ${filled} with data`;
}

/** Every alerting rule is loaded, and its evaluation succeeds. */
export async function rulesHealthy(url: string): Promise<string> {
  const schema = z.object({
    data: z.object({
      groups: z.array(
        z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), state: z.string() })) }),
      ),
    }),
  });
  return waitUntil('every rule healthy', 60, async () => {
    const { data } = schema.parse(await (await fetch(`${url}/api/v1/rules`)).json());
    const rules = data.groups.flatMap((group) => group.rules);
    const ill = rules.filter(({ health }) => health !== 'ok');
    if (rules.length === 0 || ill.length > 0)
      throw new Error(ill.map(({ name, health }) => `${name} ${health}`).join(', '));
    const firing = rules.filter(({ state }) => state === 'firing').map(({ name }) => name);
    return `${rules.length} rules, firing: ${firing.join(', ') || 'none'}`;
  });
}

/** Every pod of the consumer group reads a shard, because there are more shards than pods. */
export async function shardsShared(url: string): Promise<string> {
  return waitUntil('the shards are shared', 90, async () => {
    const [pods, idle] = [
      await series(url, 'kinesis_leases_owned'),
      await series(url, 'kinesis_leases_owned == 0'),
    ];
    if (pods === 0 || idle > 0) throw new Error(`${idle} of ${pods} pods read no shard`);
    return `by ${pods} pods`;
  });
}
