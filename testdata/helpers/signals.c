// SPDX-License-Identifier: MIT
//
// pn-signals traced|alone SIGNAL ORDER…: a victim gets signals of that number and says
// nothing of them. Orders to it: block, unblock, handle, reraise (a handler that restores
// the default action and raises again), oneshot (a handler for the first alone), default, ignore, raise (to its own thread), self
// (to its own process). Orders to the senders a and b: a.kill (to its process), a.tgkill
// (to its thread). What is left of it at the end main kills. Traced, the victim's signals
// stop it before they act, and main tells whose the last was ("sender", the PID of the
// siginfo) by PTRACE_GETSIGINFO.
#include "helper.h"
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ptrace.h>

struct player {
	struct latch orders, done;
	pid_t pid;
};

static struct player victim, senders[2];
static int sig;
static bool stopped;

static void nothing(int n)
{
	(void)n;
}

static void reraise(int n)
{
	signal(n, SIG_DFL);
	raise(n);
}

static void handle(void (*how)(int), int flags)
{
	struct sigaction act = { .sa_handler = how, .sa_flags = flags };

	if (sigaction(sig, &act, NULL))
		die("sigaction");
}

static void mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	if (sigprocmask(how, &set, NULL))
		die("sigprocmask");
}

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void add_thread(void)
{
	sigset_t all, before;
	pthread_t id;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&id, NULL, sleep_on, NULL))
		die("thread");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void queue(bool thread, int code)
{
	siginfo_t info = { .si_code = code };

	pid_t to = victim.pid ? victim.pid : getpid();

	info.si_value.sival_int = getpid();
	if (thread)
		syscall(SYS_rt_tgsigqueueinfo, to, to, sig, &info);
	else
		syscall(SYS_rt_sigqueueinfo, to, sig, &info);
}

static void obey(char order)
{
	switch (order) {
	case 'b': return mask(SIG_BLOCK);
	case 'u': return mask(SIG_UNBLOCK);
	case 'h': return handle(nothing, SA_RESTART);
	case 'R': return handle(reraise, SA_RESTART);
	case 'o': return handle(nothing, SA_RESTART | SA_RESETHAND);
	case 'd': return handle(SIG_DFL, SA_RESTART);
	case 'i': return handle(SIG_IGN, SA_RESTART);
	case 'r': raise(sig); return;
	case 's': kill(getpid(), sig); return;
	case 't': return add_thread();
	case 'Q': return queue(false, SI_QUEUE);
	case 'q': return queue(true, SI_QUEUE);
	case 'L': return queue(false, SI_TIMER);
	case 'l': return queue(false, SI_KERNEL);
	case 'K': kill(victim.pid, sig); return;
	case 'T': syscall(SYS_tgkill, victim.pid, victim.pid, sig); return;
	}
}

static void play(void *arg)
{
	struct player *me = arg;
	char order;

	while (read(me->orders.fd[0], &order, 1) == 1) {
		obey(order);
		release(&me->done);
	}
}

// pass lets a stopped victim take its signal, and remembers whose it is.
static long pass(int status)
{
	siginfo_t info;
	int n = WSTOPSIG(status);
	static long sender;

	if (!WIFSTOPPED(status))
		return sender;
	if (status >> 16) {
		n = 0;
	} else if (n == SIGUSR2) {
		n = sig;
		sender = getpid();
	} else if (!ptrace(PTRACE_GETSIGINFO, victim.pid, 0, &info) && n == sig) {
		sender = info.si_code == SI_QUEUE ? info.si_value.sival_int : info.si_pid;
	}
	ptrace(PTRACE_CONT, victim.pid, 0, n);
	return sender;
}

static void over(int status)
{
	emit("{\"say\":\"wait\",\"role\":\"victim\",\"signal\":%d}\n", WTERMSIG(status));
	say_note("sender", pass(status));
	for (int i = 0; i < 2; i++)
		kill(senders[i].pid, SIGKILL);
	for (int i = 0; i < 2; i++)
		waitpid(senders[i].pid, NULL, 0);
	_exit(0);
}

// command has a player do something, and the victim take what it can.
static void command(struct player *to, char order)
{
	struct pollfd done = { .fd = to->done.fd[0], .events = POLLIN };
	int status;

	if (write(to->orders.fd[1], &order, 1) != 1)
		die("order");
	for (;;) {
		if (waitpid(victim.pid, &status, WNOHANG | __WALL) == victim.pid) {
			if (WIFEXITED(status) || WIFSIGNALED(status))
				over(status);
			pass(status);
		}
		if (poll(&done, 1, 1) == 1)
			return await(&to->done, 1);
	}
}

static const struct {
	const char *name;
	char order;
} orders[] = {
	{ "block", 'b' }, { "unblock", 'u' }, { "handle", 'h' }, { "reraise", 'R' }, { "oneshot", 'o' }, { "default", 'd' },
	{ "ignore", 'i' }, { "raise", 'r' }, { "self", 's' }, { "thread", 't' }, { "queue", 'Q' }, { "tqueue", 'q' }, { "lie", 'L' }, { "selflie", 'l' },
	{ "kill", 'K' }, { "tgkill", 'T' },
};

// by_main does what main itself does to the victim.
static bool by_main(const char *text)
{
	int status;

	if (!strcmp(text, "stop")) {
		kill(victim.pid, SIGSTOP);
		stopped = waitpid(victim.pid, &status, WUNTRACED) == victim.pid;
	} else if (!strcmp(text, "cont")) {
		stopped = false;
		kill(victim.pid, SIGCONT);
	} else if (!strcmp(text, "swap")) {
		kill(victim.pid, SIGUSR2);
	} else {
		return false;
	}
	if (!stopped)
		command(&victim, '.');
	return true;
}

static void say_order(const char *text)
{
	struct player *to = &victim;

	if (by_main(text))
		return;
	if (text[1] == '.') {
		to = &senders[text[0] == 'b'];
		text += 2;
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (!strcmp(text, orders[i].name)) {
			command(to, orders[i].order);
			if (!stopped)
				command(&victim, '.'); // once more through the kernel
			return;
		}
	die(text);
}

static void spawn_player(struct player *p, const char *role)
{
	p->orders = latch();
	p->done = latch();
	p->pid = must_spawn(role, 0, play, p);
}

static void run(int argc, char **argv)
{
	if (argc < 1)
		die("signal");
	sig = atoi(argv[0]);
	spawn_player(&victim, "victim");
	spawn_player(&senders[0], "a");
	spawn_player(&senders[1], "b");
	if (!strcmp(scenario_id, "traced") && ptrace(PTRACE_SEIZE, victim.pid, 0, 0))
		die("seize");
	command(&victim, '.'); // so that it has said who it is
	command(&senders[0], '.');
	command(&senders[1], '.');
	for (int i = 1; i < argc; i++)
		say_order(argv[i]);
	kill(victim.pid, SIGKILL);
	for (int status;;)
		if (waitpid(victim.pid, &status, __WALL) == victim.pid) {
			if (WIFSIGNALED(status))
				over(status);
			pass(status);
		}
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = { { "traced", run }, { "alone", run }, { 0 } };

	return helper_main(argc, argv, all);
}
