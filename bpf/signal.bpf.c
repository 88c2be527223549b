// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* Signals that are told whoever gets them: bit n-1 for signal n. */
const volatile __u64 signal_mask = 1ULL << (SIGKILL - 1);

/* What by convention asks a process to end. It is recorded also when it is handled or
 * ignored: the end that then comes otherwise is told with it, whatever signal_mask says. */
#define ASKS_TO_END (BIT(1) | BIT(2) | BIT(3) | BIT(15))

/* Queued, without room for what it says (enum in include/trace/events/signal.h). */
#define LOSE_INFO 4

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
	if (left_out(task, REC_SIGNAL))
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
