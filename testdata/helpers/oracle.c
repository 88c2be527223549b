// SPDX-License-Identifier: MIT
//
// The processes of internal/oracle: each does what it is told over a socket of its
// own, one order at a time, and answers. The first is pn-oracle SOCKET ID; all
// others are born by orders, connect to the same socket and tell "hello ID START",
// where START is field 22 of /proc/PID/stat. Who it is otherwise the other side
// reads from the socket's credentials and from /proc.
//
// An order is "verb argument…", the answer "ok [value]" or "err ERRNO". Orders that
// end the process or its image are not answered, or are by the next image.
#include "oracle.h"

static void do_clone(struct node *me, char *args)
{
	pid_t tids[33];
	size_t levels = 0;
	int at = 0, n;
	uint64_t flags;
	long id;

	if (sscanf(args, "%ld %lu%n", &id, &flags, &at) != 2)
		die(args);
	for (args += at; levels < 33 && sscanf(args, "%d%n", &tids[levels], &n) == 1; args += n)
		levels++;
	pid_t pid = raw_clone(flags, levels ? tids : NULL, levels);
	if (pid == 0)
		live(me->fd, id);
	answer(me, pid);
}

struct birth {
	int fd;
	long id;
};

static int vforked(void *arg)
{
	struct birth *b = arg;

	live(b->fd, b->id);
}

static void do_vfork(struct node *me, char *args)
{
	struct birth b = { me->fd, atol(args) };
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED)
		die("stack");
	pid_t pid = clone(vforked, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &b);
	munmap(stack, STACK);
	answer(me, pid);
}

// do_daemon is a double fork whose middle is gone at once.
static void do_daemon(struct node *me, char *args)
{
	long middle, leaf;
	int code;

	if (sscanf(args, "%ld %ld %d", &middle, &leaf, &code) != 3)
		die(args);
	pid_t pid = raw_clone(0, NULL, 0);
	if (pid == 0) {
		struct node m = { .id = middle };

		close(me->fd);
		hello(&m);
		pid = raw_clone(0, NULL, 0);
		if (pid == 0)
			live(m.fd, leaf);
		_exit(pid < 0 ? 99 : code);
	}
	answer(me, pid);
}

static void do_setns(struct node *me, char *args)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", atoi(args));
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	ret = fd < 0 ? -1 : setns(fd, CLONE_NEWPID);
	answer(me, ret);
	close(fd);
}

static void nothing(int sig)
{
	(void)sig;
}

static void leave(int sig)
{
	_exit(64 + sig);
}

static void do_on(struct node *me, char *args)
{
	void (*to[])(int) = { SIG_DFL, SIG_IGN, nothing, leave };
	struct sigaction act = { .sa_flags = SA_RESTART };
	int sig, how;

	if (sscanf(args, "%d %d", &sig, &how) != 2)
		die(args);
	act.sa_handler = to[how];
	answer(me, sigaction(sig, &act, NULL));
}

static void do_kill(struct node *me, char *args)
{
	int pid, sig;

	if (sscanf(args, "%d %d", &pid, &sig) != 2)
		die(args);
	answer(me, kill(pid, sig));
}

// do_reap answers "ok pid:code:status …" of the children that are dead by now.
static void do_reap(struct node *me, char *args)
{
	char line[2048] = "ok";
	int n = 2;

	(void)args;
	while (n < (int)sizeof(line) - 64) {
		siginfo_t how = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | __WALL) || !how.si_pid)
			break;
		n += sprintf(line + n, " %d:%d:%d", how.si_pid, how.si_code, how.si_status);
	}
	if (write(me->fd, line, n) != n)
		_exit(1);
}

// do_few lets the own PID namespace, never the initial one, have few PIDs.
static void do_few(struct node *me, char *args)
{
	static const char *const path[] = { "/proc/sys/kernel/pid_max", "/proc/sys/kernel/ns_last_pid" };
	const char *const value[] = { args, "299" };
	char status[4096];
	int a, b;

	slurp("/proc/self/status", status, sizeof(status));
	const char *numbers = strstr(status, "\nNStgid:");
	if (!numbers || sscanf(numbers, "\nNStgid: %d%*[\t]%d", &a, &b) != 2) {
		errno = EPERM;
		return answer(me, -1);
	}
	for (int i = 0, n = 0; i < 2; i++) {
		int fd = open(path[i], O_WRONLY | O_CLOEXEC), size = strlen(value[i]);

		n = fd < 0 ? -1 : write(fd, value[i], size);
		close(fd);
		if (n != size)
			return answer(me, -1);
	}
	answer(me, 0);
}

static void do_image(struct node *me, char *args, bool thread)
{
	if (sscanf(args, "%255s %63s", me->path, me->tag) != 2)
		die(args);
	if (thread)
		return through(me, EXEC);
	execute(me);
}

static void do_exit(struct node *me, char *args, bool thread)
{
	me->code = atoi(args);
	if (thread)
		through(me, EXIT_GROUP);
	_exit(me->code);
}

// do_fault has the kernel kill it, with no core to write.
static void do_fault(void)
{
	volatile int *volatile nowhere = NULL;

	prctl(PR_SET_DUMPABLE, 0);
	*nowhere = 0;
}

static void run(struct node *me, const char *verb, char *args)
{
#define IS(name) (!strcmp(verb, name))
	if (IS("clone"))
		do_clone(me, args);
	else if (IS("vfork"))
		do_vfork(me, args);
	else if (IS("daemon"))
		do_daemon(me, args);
	else if (IS("exec") || IS("texec"))
		do_image(me, args, IS("texec"));
	else if (IS("exit") || IS("texit"))
		do_exit(me, args, IS("texit"));
	else if (IS("fault"))
		do_fault();
	else if (IS("thread"))
		answer(me, start(me) ? 0 : -1);
	else if (IS("join"))
		answer(me, stop(me));
	else if (IS("hand"))
		through(me, TAKE_OVER);
	else if (IS("unshare"))
		answer(me, unshare(CLONE_NEWPID));
	else if (IS("setns"))
		do_setns(me, args);
	else if (IS("subreaper"))
		answer(me, prctl(PR_SET_CHILD_SUBREAPER, atoi(args)));
	else if (IS("pdeath"))
		answer(me, prctl(PR_SET_PDEATHSIG, atoi(args)));
	else if (IS("rename"))
		answer(me, prctl(PR_SET_NAME, args));
	else if (IS("on"))
		do_on(me, args);
	else if (IS("kill"))
		do_kill(me, args);
	else if (IS("reap"))
		do_reap(me, args);
	else if (IS("few"))
		do_few(me, args);
	else if (IS("ping"))
		answer(me, 0);
	else
		die(verb);
}

// obey returns when nobody gives orders any more.
static void obey(struct node *me)
{
	char line[512];
	ssize_t n;

	while ((n = read(me->fd, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		char *args = strchr(line, ' ');
		if (args)
			*args++ = 0;
		run(me, line, args ? args : line + n);
	}
}

int main(int argc, char **argv)
{
	scenario_id = "oracle";
	if (argc < 3)
		die("usage: pn-oracle SOCKET ID [FD TAG]");
	address = argv[1];
	struct node me = { .id = atol(argv[2]) };
	if (argc > 3) {
		me.fd = atoi(argv[3]);
		answer(&me, 0);
	} else {
		hello(&me);
	}
	obey(&me);
	return 0;
}
