// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* Signals that are told whoever gets them: bit n-1 for signal n. */
const volatile __u64 signal_mask = 1ULL << (SIGKILL - 1);

/* Signals whose default is to end the process (signal(7)): all but SIGCHLD,
 * SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG and SIGWINCH. */
#define BIT(sig) (1ULL << ((sig) - 1))
#define ENDS_BY_DEFAULT (~(BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | BIT(23) | BIT(28)))

/* What by convention asks a process to end. It is recorded also when it is handled or
 * ignored: the end that then comes otherwise is told with it, whatever signal_mask says. */
#define ASKS_TO_END (BIT(1) | BIT(2) | BIT(3) | BIT(15))

/* Signals from here on wait each, and not once for all (include/linux/signal.h). */
#define REAL_TIME 32
/* Queued, without room for what it says (enum in include/trace/events/signal.h). */
#define LOSE_INFO 4
#define NEAR_WAITING 8
/* No kernel stack is larger (THREAD_SIZE). */
#define STACK_MAX (64 << 10)

/*
 * Whether the signal is about to end its target: by default it does, and the
 * target neither handles nor ignores it. Such a one is recorded though nobody
 * asked for it, so that the exit can say who sent it.
 */
static __always_inline bool is_deadly(int sig, struct task_struct *task, int result)
{
	struct sighand_struct *hand = task->sighand;
	__u64 handler = 1;

	if (result != 0 || !(ENDS_BY_DEFAULT & BIT(sig)))
		return false;
	bpf_probe_read_kernel(&handler, sizeof(handler),
			      (void *)&hand->action[0].sa.sa_handler +
				      (sig - 1) * bpf_core_type_size(struct k_sigaction));
	return handler == SIG_DFL;
}

static __always_inline bool targets_child_init(struct task_struct *task)
{
	struct pid_namespace *ns;

	if (task->thread_pid->level == 0)
		return false;
	ns = own_pidns(task);
	return BPF_CORE_READ(ns, child_reaper, signal) == task->signal;
}

/*
 * Whether the current task is in zap_pid_ns_processes (kernel/pid_namespace.c):
 * it is exiting, it is its own namespace's child reaper, and that namespace takes
 * no new PIDs. The target's namespace is not asked: in a nested death the outer
 * init kills the inner members directly.
 */
static __always_inline struct pid_namespace *zapping(struct task_struct *cur)
{
	struct pid_namespace *ns;

	if (!(cur->flags & PF_EXITING) || cur->thread_pid->level == 0)
		return NULL;
	ns = own_pidns(cur);
	if (BPF_CORE_READ(ns, child_reaper) != cur)
		return NULL;
	if (BPF_CORE_READ(ns, pid_allocated) & PIDNS_ADDING)
		return NULL;
	return ns;
}

/*
 * Whether the OOM killer sends this. It marks its victim only after the SIGKILL
 * (mm/oom_kill.c: __oom_kill_process), so the mark is there for a second one
 * alone. But it holds the victim's alloc_lock while it sends, as no other sender
 * of SEND_SIG_PRIV to a whole group does, save the secure attention key's.
 */
static __always_inline bool oom_victim(int sig, unsigned long info, struct task_struct *task, int group)
{
	if (sig != SIGKILL || info != 1 || !group)
		return false;
	return task->signal->oom_mm || alloc_locked(task);
}

/* The lists of a thread's queue and its process's, NULL for one that is not to be counted;
 * for the verifier numbers, since global functions take no kernel pointers. */
struct queued {
	struct list_head *own, *shared;
};

/* How many signals of that number a list has, SIG_MANY when it is too long to tell. The count
 * starts from what the verifier does not know, so that all ways through a turn of the loop
 * look the same to it. */
static __always_inline __u32 count_list(struct list_head *head, int sig)
{
	struct list_head *at;
	__u32 n = unknown();

	if (!head)
		return 0;
	at = BPF_CORE_READ(head, next);
	for (int i = 0; i < NEAR_WAITING && at != head; i++) {
		if (BPF_CORE_READ((struct sigqueue *)at, info.si_signo) == sig)
			n++;
		n &= 0xff;
		at = BPF_CORE_READ(at, next);
	}
	if (at != head)
		return SIG_MANY;
	return n ?: 1; /* one that is in no list: LOSE_INFO */
}

/* Both counts, the process's in the second byte. A global function, to be verified once, and
 * called once: for a second call Linux 6.1 goes through sixty times as many instructions. */
__noinline int count_queued(struct queued *queues, int sig)
{
	__u32 own;

	if (!queues)
		return 0;
	own = count_list(queues->own, sig) + unknown();
	return own + (count_list(queues->shared, sig) << 8);
}

/* How many signals of that number wait, of which a standard one has one at most in a queue
 * (legacy_queue, kernel/signal.c). */
static __always_inline void fill_waiting(struct signal_rec *rec, int sig, struct task_struct *task)
{
	struct sigpending *own = &task->pending, *shared = &task->signal->shared_pending;
	struct queued queues = {};
	__u32 n;

	rec->own = !!(own->signal.sig[0] & BIT(sig));
	rec->shared = !!(shared->signal.sig[0] & BIT(sig));
	if (sig < REAL_TIME)
		return;
	if (rec->own)
		queues.own = &own->list;
	if (rec->shared)
		queues.shared = &shared->list;
	n = count_queued(&queues, sig);
	rec->own = n;
	rec->shared = n >> 8;
}

/* The process's number where the other one lives, 0 for none (task_tgid_nr_ns). */
static __always_inline __s32 number_for(struct task_struct *task, struct task_struct *other)
{
	struct pid *pid = task->group_leader->thread_pid;
	__u32 level = other->thread_pid->level;
	struct pid_namespace *ns = NULL;
	__s32 nr = 0;
	void *upid;

	if (level >= LEVELS_MAX || level > pid->level)
		return 0;
	upid = (void *)&pid->numbers[0] + level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	if (ns != own_pidns(other))
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr), upid + bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* si_pid, where it is the number of a process that sends. */
static __always_inline __s32 read_si_pid(int code, struct kernel_siginfo *info)
{
	if (code != SI_USER && code != SI_QUEUE && code != SI_TKILL)
		return 0;
	return BPF_CORE_READ(info, _sifields._kill._pid);
}

/*
 * Whether a process says what it likes in a signal's name, si_code included: a sigqueue is
 * under way, and info is on its stack. A timer's that goes off meanwhile is not.
 */
static __always_inline bool is_said(unsigned long info, struct task_struct *cur)
{
	return info - (unsigned long)cur->stack < STACK_MAX && in_sigqueue();
}

/*
 * What its target is told of the signal, as __send_signal_locked (kernel/signal.c) has it:
 * by that it is known again when it is taken. Returns whether that tells its sender from
 * all others, or that the kernel is: not a sender in another PID namespace, whose number
 * is 0, nor one that says what it likes (sigqueue).
 */
static __always_inline bool fill_info(struct signal_rec *rec, unsigned long kind, struct kernel_siginfo *info,
				      struct task_struct *task, struct task_struct *cur)
{
	__s32 nr = number_for(cur, task);

	rec->code = SI_USER + unknown();
	rec->si_pid = nr + unknown();
	if (kind == 1) {
		rec->code = SI_KERNEL + unknown();
		rec->si_pid = unknown();
	} else if (kind > 1) {
		/* A probe read, because some 6.12 take info for a number, too. */
		rec->code = BPF_CORE_READ(info, si_code);
		rec->si_pid = read_si_pid(rec->code, info);
	}
	rec->flags = (is_said(kind, cur) ? SIG_SAID : 0) + unknown();
	if (rec->code == SI_USER || rec->code == SI_TKILL)
		return nr && rec->si_pid == nr;
	return !rec->flags;
}

static __always_inline __u32 signal_flags(int sig, unsigned long info, struct task_struct *task,
					  struct task_struct *cur, int group)
{
	__u32 flags = unknown();

	if (group)
		flags += SIG_GROUP;
	if (task->ptrace)
		flags += SIG_TRACED;
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		flags += SIG_ENDING;
	if (info == 0)
		flags += SIG_NOINFO;
	if (info == 1)
		flags += SIG_PRIV;
	if (oom_victim(sig, info, task, group))
		flags += SIG_TARGET_OOM;
	if (info == 0 && sig == task->pdeath_signal && (cur->flags & PF_EXITING)) {
		flags += SIG_PDEATH;
		/* The parent is the thread that forked. Only without a group exit under
		 * way do those that are still counted outlive it. */
		if (!(cur->signal->flags & SIGNAL_GROUP_EXIT) && cur->signal->live.counter > 0)
			flags += SIG_SENDER_LIVES;
	}
	return flags;
}

/*
 * Whether the signal is recorded though nobody asked for it. Of those that wait whoever
 * handles them now, one that was not seen would leave others in doubt: those of real time,
 * and those whose target is not told who sent them.
 */
static __always_inline bool is_kept(int sig, bool deadly, bool named, int result)
{
	if (deadly || ASKS_TO_END & BIT(sig))
		return true;
	if (result != 0 && result != LOSE_INFO)
		return false;
	return sig >= REAL_TIME || !named;
}

/*
 * Why signal_generate and not signal_deliver: the sender is current here and
 * nowhere else (si_pid is rewritten to 0 across namespaces), and a SIGKILL is
 * never delivered to a handler.
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int sig, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	struct task_struct *cur = PLAIN(task_struct, bpf_get_current_task_btf());
	unsigned long kind = 0;
	struct pid_namespace *ns = NULL;
	WITH_LEVELS(signal_rec, NEAR_LEVELS) rec;
	bool init = false, asked, deadly, named;
	__u32 flags;

	if (sig <= 0 || sig > 64)
		return 0;
	task = PLAIN(task_struct, task);
	/* info may be 0 or 1, which are no pointers. The verifier takes it for one that
	 * is never NULL, and deletes what is to be done when it is; so it is read as a
	 * number from where the arguments lie. SEND_SIG_NOINFO is 0, SEND_SIG_PRIV 1. */
	bpf_probe_read_kernel(&kind, sizeof(kind), &ctx[1]);
	if (sig != SIGCHLD)
		init = targets_child_init(task);
	asked = init || (signal_mask & BIT(sig));
	deadly = is_deadly(sig, task, result);
	if (!asked && !(ENDS_BY_DEFAULT & BIT(sig)))
		return 0;
	named = fill_info(&rec.head, kind, info, task, cur);
	if (!asked && !is_kept(sig, deadly, named, result))
		return 0;

	flags = rec.head.flags + signal_flags(sig, kind, task, cur, group);
	if (deadly)
		flags += SIG_DEADLY;
	if (asked)
		flags += SIG_ASKED;
	if (init)
		flags += SIG_TARGET_INIT;
	/* zap signals its own thread group and those already dying, too, with no
	 * effect; only what was delivered to another process is a kill. */
	if (sig == SIGKILL && kind == 1) {
		ns = zapping(cur);
		if (ns && (result != 0 || task->tgid == cur->tgid))
			return 0;
		if (ns)
			flags += SIG_ZAP;
	}

	fill_core(&rec.head.task, task);
	fill_ref(&rec.head.sender, cur);
	fill_ns(&rec.head.ns_id, &rec.head.ns_inum, ns);
	fill_waiting(&rec.head, sig, task);
	rec.head.sig = sig;
	rec.head.flags = flags;
	rec.head.result = result;
	EMIT(signal_rec, rec, task, REC_SIGNAL, level_count(task));
	return 0;
}

/*
 * Why signal_deliver besides: which of several signals ends the process is decided when
 * it is taken. A fatal one that some thread is free to take begins the group exit
 * already when it is sent (complete_signal, kernel/signal.c; SIG_ENDING). Any other
 * waits, while handlers come and go: blocked, for a stopped or traced process, or one
 * that dumps core. Recorded is the one that meets the default action and ends all,
 * once in a life, and no other. sighand->siglock is held from when it was taken, if
 * nobody traces the process, so that the queues are as it left them.
 */
SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int sig, struct kernel_siginfo *info, struct k_sigaction *act)
{
	struct task_struct *task = PLAIN(task_struct, bpf_get_current_task_btf());
	WITH_LEVELS(signal_rec, NEAR_LEVELS) rec;

	/* SIGKILL stands for an end that is under way, or for an exec by another thread. */
	if (sig <= 0 || sig > 64 || sig == SIGKILL || !(ENDS_BY_DEFAULT & BIT(sig)))
		return 0;
	if (task->signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_UNKILLABLE))
		return 0;
	if (BPF_CORE_READ(act, sa.sa_handler) != SIG_DFL)
		return 0;
	__builtin_memset(&rec.head, 0, sizeof(rec.head));
	fill_core(&rec.head.task, task);
	fill_waiting(&rec.head, sig, task);
	rec.head.sig = sig;
	rec.head.code = BPF_CORE_READ(info, si_code);
	rec.head.si_pid = read_si_pid(rec.head.code, info);
	rec.head.flags = SIG_TAKEN | (task->ptrace ? SIG_TRACED : 0);
	EMIT(signal_rec, rec, task, REC_SIGNAL, level_count(task));
	return 0;
}
