// SPDX-License-Identifier: MIT
//
// What a cgroup does to a PID namespace in it: it is killed as a whole, and it runs
// out of memory.
#include "helper.h"
#include <sys/mman.h>

static struct latch ready;

// The cgroup is ARG; the PID 1 of the namespace has a member.
static const char *cgroup;

static void join_cgroup(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static void member(void *arg)
{
	(void)arg;
	release(&ready);
	hold();
}

static void cgroup_init(void *arg)
{
	(void)arg;
	join_cgroup();
	must_spawn("member", 0, member, NULL);
	hold();
}

static void n13(int argc, char **argv)
{
	char path[4096];

	cgroup = argc > 0 ? argv[0] : "";
	ready = latch();
	pid_t init = must_spawn("init", CLONE_NEWPID, cgroup_init, NULL);
	await(&ready, 1);
	snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		die(path);
	reap("init", init);
}

// eat takes memory until the cgroup has no more.
__attribute__((noreturn)) static void eat(void)
{
	for (;;) {
		char *bite = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (bite == MAP_FAILED)
			die("mmap");
		memset(bite, 1, 1 << 20);
	}
}

static void glutton(void *arg)
{
	(void)arg;
	eat();
}

static void hungry_init(void *arg)
{
	(void)arg;
	join_cgroup();
	must_spawn("member", 0, member, NULL);
	await(&ready, 1);
	reap("glutton", must_spawn("glutton", 0, glutton, NULL));
	eat();
}

static void n14(int argc, char **argv)
{
	cgroup = argc > 0 ? argv[0] : "";
	ready = latch();
	reap("init", must_spawn("init", CLONE_NEWPID, hungry_init, NULL));
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = { { "N13", n13 }, { "N14", n14 }, { 0 } };

	return helper_main(argc, argv, all);
}
