// SPDX-License-Identifier: MIT
//
// pn-seccomp strict|exit|filter: ends under seccomp.
//   strict  calls in strict mode what that forbids: the kernel ends it as if by
//           SIGKILL, but sends no signal
//   exit    exits with 3 in strict mode, which it may
//   filter  calls what a filter kills processes for: the kernel sends SIGSYS
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int strict(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}

static int kill_at_getppid(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "strict") && !strict())
		syscall(SYS_getppid);
	else if (!strcmp(how, "exit") && !strict())
		syscall(SYS_exit, 3);
	else if (!strcmp(how, "filter") && !kill_at_getppid())
		syscall(SYS_getppid);
	perror("pn-seccomp");
	return 99;
}
