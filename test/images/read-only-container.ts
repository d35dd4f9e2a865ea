import { GenericContainer } from 'testcontainers';

/** A container with the limits of a restricted pod: only /tmp is writable, no capabilities, no new privileges. */
export class ReadOnlyContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.withTmpFs({ '/tmp': 'rw,mode=1777' });
    this.hostConfig.ReadonlyRootfs = true;
    this.hostConfig.CapDrop = ['ALL'];
    this.hostConfig.SecurityOpt = ['no-new-privileges'];
  }
}
