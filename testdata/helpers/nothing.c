// SPDX-License-Identifier: MIT
//
// The least program that an exec can run: no library, no start-up, it ends. What
// a spawn of it costs is the kernel's part and nothing else, so that what a tracer
// adds shows most (built with -nostdlib, see the Makefile).
#include <sys/syscall.h>

void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long nr __asm__("x8") = SYS_exit_group;
	register long code __asm__("x0") = 0;

	__asm__ volatile("svc 0" : : "r"(nr), "r"(code) : "memory");
#else
#error "no way to end on this architecture"
#endif
	__builtin_unreachable();
}
