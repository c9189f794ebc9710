import { join } from "node:path";

export type FileSystem = "ext4" | "xfs";

/**
 * A file system of its own on a loop device, whose power can be cut: after `cutPower`
 * nothing more reaches the disk, whatever the page cache believes. Needs root.
 */
export class LoopDevice {
  readonly mountPoint: string;
  readonly #image: string;

  /** Use {@link LoopDevice.make}. */
  constructor(image: string, mountPoint: string) {
    this.#image = image;
    this.mountPoint = mountPoint;
  }

  static make(directory: string, fileSystem: FileSystem): LoopDevice {
    const image = join(directory, `${fileSystem}.img`);
    const mountPoint = join(directory, fileSystem);
    // xfs makes none below 300 MB.
    run("truncate", "-s", "512M", image);
    run(`mkfs.${fileSystem}`, "-q", image);
    run("mkdir", "-p", mountPoint);
    const device = new LoopDevice(image, mountPoint);
    device.mount();
    return device;
  }

  mount(): void {
    run("mount", "-o", "loop", this.#image, this.mountPoint);
  }

  unmount(): void {
    run("umount", this.mountPoint);
  }

  cutPower(): void {
    run("xfs_io", "-x", "-c", "shutdown", this.mountPoint);
  }

  /** Unmounts if it is mounted. */
  dispose(): void {
    Bun.spawnSync(["umount", "-l", this.mountPoint], { stderr: "ignore" });
  }
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (!success) throw new Error(`${command.join(" ")} failed: ${stderr}`);
}

/** Why power cannot be cut on this machine; undefined when it can. */
export function whyNoPowerCuts(): string | undefined {
  if (process.getuid?.() !== 0) return "mounting a loop device needs root";
  for (const tool of ["xfs_io", "mkfs.ext4", "mount"]) {
    if (Bun.which(tool) === null) return `${tool} is not installed (packages xfsprogs, e2fsprogs)`;
  }
  return undefined;
}
