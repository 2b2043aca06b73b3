/**
 * The system calls that no build needs and that have opened kernels before, as a seccomp filter (classic BPF, as
 * `bwrap --seccomp` takes it): they fail with EPERM. Numbers: asm/unistd_64.h and asm-generic/unistd.h.
 */
const DENIED: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  ptrace: [101, 117],
  syslog: [103, 116],
  pivot_root: [155, 41],
  adjtimex: [159, 171],
  acct: [163, 89],
  settimeofday: [164, 170],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  iopl: [172, null],
  ioperm: [173, null],
  init_module: [175, 105],
  delete_module: [176, 106],
  quotactl: [179, 60],
  clock_settime: [227, 112],
  kexec_load: [246, 104],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  unshare: [272, 97],
  perf_event_open: [298, 241],
  open_by_handle_at: [304, 265],
  clock_adjtime: [305, 266],
  setns: [308, 268],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  finit_module: [313, 273],
  kexec_file_load: [320, 294],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
};

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const [LOAD, EQUAL, AT_LEAST, RETURN] = [0x20, 0x15, 0x35, 0x06];
const [ALLOW, KILL, EPERM] = [0x7fff0000, 0x80000000, 0x00050001];

/** The filter for this machine's architecture, or null where we have no numbers for it. */
export function seccompFilter(architecture: string): Uint8Array | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const numbers = Object.values(DENIED).flatMap(([x64, arm64]) => (architecture === 'x64' ? x64 : arm64) ?? []);
  const program: [code: number, yes: number, no: number, k: number][] = [
    [LOAD, 0, 0, 4],
    [EQUAL, 1, 0, ARCH[architecture]],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, 0],
    // The x32 calls are the same calls under other numbers.
    ...(architecture === 'x64'
      ? (
          [
            [AT_LEAST, 0, 1, 0x40000000],
            [RETURN, 0, 0, EPERM],
          ] as const
        ).map((line) => [...line] as [number, number, number, number])
      : []),
    ...numbers.flatMap((number): [number, number, number, number][] => [
      [EQUAL, 0, 1, number],
      [RETURN, 0, 0, EPERM],
    ]),
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(([code, yes, no, k], at) => {
    bytes.setUint16(at * 8, code, true);
    bytes.setUint8(at * 8 + 2, yes);
    bytes.setUint8(at * 8 + 3, no);
    bytes.setUint32(at * 8 + 4, k, true);
  });
  return new Uint8Array(bytes.buffer);
}
