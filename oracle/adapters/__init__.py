"""Backends to start from, one file each: `purevjp adapter --lang c` prints one."""
