import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type FileSystem = "ext4" | "xfs";

const MiB = 1024 * 1024;
/** Enough for two histories' segments; xfs makes none below 300 MiB. */
const SIZES: Readonly<Record<FileSystem, number>> = { ext4: 256 * MiB, xfs: 304 * MiB };

/**
 * A file system of its own on a loop device, whose power can be cut: after `cutPower`
 * nothing more reaches the disk, whatever the page cache believes. Needs root.
 */
export class LoopDevice implements Disposable {
  readonly mountPoint: string;
  readonly #image: string;

  /** Use {@link LoopDevice.make}. */
  constructor(image: string, mountPoint: string) {
    this.#image = image;
    this.mountPoint = mountPoint;
  }

  /** In an empty directory. `bytes` is the size of the device. */
  static make(directory: string, fileSystem: FileSystem, bytes = SIZES[fileSystem]): LoopDevice {
    const image = join(directory, `${fileSystem}.img`);
    const mountPoint = join(directory, fileSystem);
    writeFileSync(image, "");
    truncateSync(image, bytes);
    run(`mkfs.${fileSystem}`, "-q", image);
    mkdirSync(mountPoint);
    const device = new LoopDevice(image, mountPoint);
    device.#mount();
    return device;
  }

  cutPower(): void {
    run("xfs_io", "-x", "-c", "shutdown", this.mountPoint);
  }

  /** After a cut, when nobody has a file open any more: the disk as the next start finds it. */
  restorePower(): void {
    run("umount", this.mountPoint);
    this.#mount();
  }

  #mount(): void {
    run("mount", "-o", "loop", this.#image, this.mountPoint);
  }

  /** Unmounts if it is mounted. */
  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "-l", this.mountPoint], { stderr: "ignore" });
  }
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (!success) throw new Error(`${command.join(" ")} failed: ${stderr}`);
}

/** Why there can be no such device on this machine; undefined when there can. */
export function whyNoLoopDevice(fileSystem: FileSystem): string | undefined {
  if (process.getuid?.() !== 0) return "mounting a loop device needs root";
  const missing = ["xfs_io", `mkfs.${fileSystem}`, "mount"].find((t) => Bun.which(t) === null);
  return missing && `${missing} is not installed (packages xfsprogs, e2fsprogs)`;
}
