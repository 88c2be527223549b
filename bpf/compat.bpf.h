/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where kernels differ, and nothing else. Each flavour names the change that
 * made it necessary; BTF decides at load time, never the version number.
 */
#ifndef PTRACE_NS_COMPAT_H
#define PTRACE_NS_COMPAT_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* pidfs, Linux 6.9 (cb12fd8e0dab "pidfd: add pidfs"): the inode behind a pidfd. */
struct pid___ino {
	__u64 ino;
};

/* The namespace tree, Linux 6.18: an id that is never used twice on one boot. To
 * be read only while the namespace lives: it shares its room with the RCU head by
 * which the namespace is freed. */
struct ns_common___id {
	__u64 ns_id;
};

/* Bitfields up to 6.18, plain bools later: the macro takes both. */
struct signal_struct___subreaper {
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
};

struct task_struct___in_execve {
	unsigned int in_execve : 1;
};

/* Only with CONFIG_SECCOMP. SECCOMP_MODE_DEAD (kernel/seccomp.c, since 5.17) marks
 * a task that seccomp is ending. */
struct seccomp___mode {
	int mode;
};
struct task_struct___seccomp {
	struct seccomp___mode seccomp;
};
#define SECCOMP_MODE_DEAD 3

/* arch/x86/include/asm/ptrace.h and arch/arm64/include/asm/ptrace.h */
struct pt_regs___amd64 {
	unsigned long di, si, dx, orig_ax;
};
struct pt_regs___aarch64 {
	__u64 regs[31];
	int syscallno;
};

/* arch/x86/include/asm/thread_info.h */
struct thread_info___amd64 {
	__u32 status;
};
struct task_struct___amd64 {
	struct thread_info___amd64 thread_info;
};
#define TS_COMPAT 0x0002

/* Where spinlocks are queued and do not sleep: everywhere but on PREEMPT_RT. */
struct task_struct___alloc_lock {
	struct {
		struct {
			struct {
				struct {
					int counter;
				} val;
			} raw_lock;
		} rlock;
	} alloc_lock;
};

#pragma clang attribute pop

/*
 * The same pointer, one that the verifier does not trust. From 6.4 on it looks through
 * all types of the kernel by name, up to four times, for each pointer that is loaded
 * through one that it trusts (verifier.c: check_ptr_to_btf_access, type_is_trusted and
 * its like), and does so again on every way that leads there: that was half of the time
 * from launch to the first event. To load through a pointer it need not trust it. Since
 * 6.2 (fd264ca02094 "bpf: Add a kfunc to type cast from bpf uapi ctx to kernel ctx");
 * before, the pointer itself.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define PLAIN(type, ptr) \
	((struct type *)(bpf_rdonly_cast ? bpf_rdonly_cast(ptr, bpf_core_type_id_kernel(struct type)) : (ptr)))

/*
 * Whether the kernel refuses probe reads of its memory: with lockdown=confidentiality the
 * verifier finds no such helper (kernel/trace/bpf_trace.c: LOCKDOWN_BPF_READ_KERNEL). Set
 * before load, so that it meets none. Loads through pointers that it knows the type of are
 * allowed there, and bpf_rdonly_cast gives any address one: that of a structure which has
 * a member of the size wanted at that place. Without the cast nothing helps.
 */
const volatile bool loads_only = false;

#define LOAD(addr, member)                                                                         \
	(((struct task_struct *)bpf_rdonly_cast((void *)(addr) - bpf_core_field_offset(struct task_struct, member), \
						bpf_core_type_id_kernel(struct task_struct)))      \
		 ->member)
#define LOAD8(addr) ((__u64)LOAD(addr, start_boottime))
#define LOAD4(addr) ((__u32)LOAD(addr, tgid))
#define LOAD1(addr) ((__u8)LOAD(addr, comm[0]))

static __always_inline long read_kernel(void *to, const __u32 size, const void *from)
{
	if (!loads_only || !bpf_rdonly_cast)
		return bpf_probe_read_kernel(to, size, from);
	for (__u32 i = 0; i < size / 8; i++)
		((__u64 *)to)[i] = LOAD8(from + i * 8);
	if (size & 4)
		*(__u32 *)(to + (size & ~7)) = LOAD4(from + (size & ~7));
	for (__u32 i = size & ~3; i < size; i++)
		((__u8 *)to)[i] = LOAD1(from + i);
	return 0;
}

/* Always 0, but the verifier cannot know: what it is added to has no bounds any more, so
 * that the ways which lead there look the same. */
__u32 unknown_zero;

/* Copies a string's next bytes, with zeroes behind its end, and returns how many of them
 * belong to it; all of them when it goes on. A function of its own, to be verified once. */
struct chunk {
	__u64 word[2];
};

__noinline int load_chunk(struct chunk *to, __u64 from)
{
	if (!to || !loads_only || !bpf_rdonly_cast)
		return 0;
	for (__u32 i = 0; i < 2; i++) {
		__u64 word = LOAD8(from + i * 8);
		/* The top bit of the first byte that is 0, and by luck of some behind it. */
		__u64 zero = (word - 0x0101010101010101) & ~word & 0x8080808080808080;
		__u64 first = zero & -zero;

		to->word[i] = word;
		if (!zero)
			continue;
		to->word[i] = word & (first - 1);
		return i * 8 + (((first >> 7) * 0x0001020304050607) >> 56);
	}
	return sizeof(*to);
}

/* With the NUL, as the helper does it; where there is no room for a chunk nothing fits.
 * What faults reads as zeroes: an empty string is taken for one that could not be read. */
static __always_inline long read_kernel_str(void *to, const __u32 room, const void *from)
{
	if (!loads_only || !bpf_rdonly_cast)
		return bpf_probe_read_kernel_str(to, room, from);
	for (__u32 at = 0; at + sizeof(struct chunk) <= room; at += sizeof(struct chunk)) {
		__u32 n = load_chunk(to + at, (__u64)from + at);

		if (n < sizeof(struct chunk)) {
			n += at + *(volatile __u32 *)&unknown_zero;
			return n && n < room ? n + 1 : -1;
		}
	}
	((__u8 *)to)[room - 1] = 0;
	return room;
}

/* is_child_subreaper of a pointer that the verifier takes for a number. */
static __always_inline bool subreaper_at(__u64 sig)
{
	struct signal_struct___subreaper *s = (void *)PLAIN(signal_struct, (void *)sig);

	return bpf_rdonly_cast ? BPF_CORE_READ_BITFIELD(s, is_child_subreaper)
			       : BPF_CORE_READ_BITFIELD_PROBED(s, is_child_subreaper);
}

/* For BPF_CORE_READ, too. */
#define bpf_probe_read_kernel(to, size, from) read_kernel(to, size, from)
#define bpf_probe_read_kernel_str(to, room, from) read_kernel_str(to, room, from)

/* Follows members of what a pointer leads to that the verifier takes for a number:
 * by a load where it can be told what it points to, which costs a tenth of a probe
 * read. Both give 0 when it leads nowhere. */
#define READ(type, ptr, ...)                                            \
	(bpf_rdonly_cast ? ___arrow(PLAIN(type, ptr), __VA_ARGS__)      \
			 : BPF_CORE_READ((struct type *)(ptr), __VA_ARGS__))

static __always_inline __u64 pid_ino(struct pid *pid)
{
	struct pid___ino *p = (void *)pid;

	if (!bpf_core_field_exists(p->ino))
		return 0;
	return p->ino;
}

static __always_inline bool is_child_subreaper(struct signal_struct *sig)
{
	struct signal_struct___subreaper *s = (void *)sig;

	return BPF_CORE_READ_BITFIELD(s, is_child_subreaper);
}

static __always_inline bool has_child_subreaper(struct signal_struct *sig)
{
	struct signal_struct___subreaper *s = (void *)sig;

	return BPF_CORE_READ_BITFIELD(s, has_child_subreaper);
}

static __always_inline bool in_execve(struct task_struct *task)
{
	struct task_struct___in_execve *t = (void *)task;

	if (!bpf_core_field_exists(t->in_execve))
		return false;
	return BPF_CORE_READ_BITFIELD(t, in_execve);
}

/* Whether seccomp ends the task. */
static __always_inline bool seccomp_dead(struct task_struct *task)
{
	struct task_struct___seccomp *t = (void *)task;

	if (!bpf_core_field_exists(t->seccomp.mode))
		return false;
	return BPF_CORE_READ(t, seccomp.mode) == SECCOMP_MODE_DEAD;
}

/* The number of the system call that the registers belong to, -1 when not known. */
static __always_inline __s32 nr_of(struct pt_regs *regs)
{
	struct pt_regs___amd64 *x86 = (void *)regs;
	struct pt_regs___aarch64 *arm = (void *)regs;

	if (bpf_core_field_exists(x86->orig_ax))
		return x86->orig_ax;
	if (bpf_core_field_exists(arm->syscallno))
		return arm->syscallno;
	return -1;
}

static __always_inline __s32 syscall_nr(struct task_struct *task)
{
	return nr_of((void *)bpf_task_pt_regs(task));
}

/* The first three arguments, at the entry of a system call. */
static __always_inline void read_args(__u64 *args, struct pt_regs *regs)
{
	struct pt_regs___amd64 *x86 = (void *)regs;
	struct pt_regs___aarch64 *arm = (void *)regs;

	if (bpf_core_field_exists(x86->orig_ax)) {
		args[0] = x86->di;
		args[1] = x86->si;
		args[2] = x86->dx;
	} else if (bpf_core_field_exists(arm->syscallno)) {
		args[0] = arm->regs[0];
		args[1] = arm->regs[1];
		args[2] = arm->regs[2];
	}
}

/* Whether the current task is in a 32-bit system call, whose numbers are others. */
static __always_inline bool in_compat_syscall(void)
{
	struct task_struct___amd64 *task = (void *)bpf_get_current_task_btf();

	if (!bpf_core_field_exists(task->thread_info.status))
		return false;
	return task->thread_info.status & TS_COMPAT;
}

/* Whether the current task is in rt_sigqueueinfo, rt_tgsigqueueinfo or pidfd_send_signal
 * (arch/x86/entry/syscalls/, include/uapi/asm-generic/unistd.h).
 * A function of its own, to be verified once and not on each way that leads here. */
__noinline int in_sigqueue(void)
{
	struct pt_regs___amd64 *x86 = NULL;
	__s32 nr = syscall_nr(bpf_get_current_task_btf());

	if (nr == 424)
		return true;
	if (in_compat_syscall())
		return nr == 178 || nr == 335;
	if (bpf_core_field_exists(x86->orig_ax))
		return nr == 129 || nr == 297;
	return nr == 138 || nr == 240;
}

/* Whether somebody holds the task's alloc_lock (task_lock); false when not known. */
static __always_inline bool alloc_locked(struct task_struct *task)
{
	struct task_struct___alloc_lock *t = (void *)task;

	if (!bpf_core_field_exists(t->alloc_lock.rlock.raw_lock.val.counter))
		return false;
	return BPF_CORE_READ(t, alloc_lock.rlock.raw_lock.val.counter) != 0;
}

#endif
