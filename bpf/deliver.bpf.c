// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

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
	if (left_out(task, REC_SIGNAL))
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
