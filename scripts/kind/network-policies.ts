import type { RunProgram } from '../programs/run-program.ts';

/** What is known about the NetworkPolicies of a kind cluster before any pod of ours runs there. */
export interface PolicyVerdict {
  readonly enforced: 'possible' | 'impossible' | 'unknown';
  readonly statement: string;
}

/**
 * kind's network plug-in judges packets in user space, so its rules need the `queue` statement of nftables.
 * One transaction adds such a rule in a table of its own and deletes the table, so nothing is left and no packet is touched.
 */
const TRIAL =
  'add table inet policy-trial; add chain inet policy-trial trial; add rule inet policy-trial trial queue num 0; delete table inet policy-trial';

/** Asks the kernel, from the pod of the plug-in, whether NetworkPolicies can be enforced. */
export async function policyVerdict(run: RunProgram, context: string): Promise<PolicyVerdict> {
  const args = ['--context', context, '--namespace', 'kube-system', 'exec', 'daemonset/kindnet', '--'];
  // A cluster that is created and ready is not given up because this question gets no answer.
  const { code, stderr } = await run('kubectl', [...args, 'nft', TRIAL], { timeoutSeconds: 30 }).catch(
    (error: Error) => ({ code: null, stderr: error.message }),
  );
  if (code === 0)
    return {
      enforced: 'possible',
      statement:
        'NetworkPolicies: the kernel has what kindnet needs. `make test-cluster` proves that they are enforced.',
    };
  // nft prints the position and the reason of the kernel for each command that it refuses.
  const [reason] = stderr.match(/Error: .*/) ?? [];
  if (reason?.includes('Could not process rule') && !reason.includes('not permitted'))
    return {
      enforced: 'impossible',
      statement:
        `NetworkPolicies ARE NOT ENFORCED here: the kernel of this machine refuses the nftables statement \`queue\` that kindnet needs (${reason}). ` +
        'The system runs all the same, and every pod reaches every other pod. Use a kernel with CONFIG_NFT_QUEUE.',
    };
  return {
    enforced: 'unknown',
    statement: `NetworkPolicies: unknown whether they are enforced (${stderr.trim().split('\n').at(-1)}). \`make test-cluster\` finds out.`,
  };
}
