import { z } from 'zod';

/** Who may do what. */
export const accessSettings = z
  .strictObject({
    deployer: z
      .strictObject({
        repository: z
          .string()
          .regex(/^[\w.-]{1,39}\/[\w.-]{1,100}$/, 'must be OWNER/NAME')
          .describe('GitHub repository whose workflows may deploy, OWNER/NAME.'),
        branch: z.string().min(1).max(200).default('main').describe('Branch whose workflows may deploy.'),
      })
      .optional()
      .describe('Role for continuous integration. Absent: no such role.'),
  })
  .describe('IAM roles.');
