/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places that lines are appended to, as logs want them opened: no descriptor
 * that a program takes for its standard ones, and no write(2) that waits for a
 * reader.
 */
#ifndef BASE_LOG_FILE_H
#define BASE_LOG_FILE_H

/*
 * A file by its name, which is made with mode 0640 if there is none: a
 * descriptor, that can be read as well if it may be, or -1 and errno.
 */
int	log_file_open(const char *path);

/*
 * What a descriptor stands for, once more, with flags of our own: it was made
 * by others, who may share it.  -1 and errno: a socket cannot be had so, nor
 * what belongs to somebody else.
 */
int	log_file_again(int fd);

/*
 * Whether a line, the first, will find room, which is taken at once; what
 * cannot be asked in advance is assumed.  0, or -1 and errno.
 */
int	log_file_has_room(int fd);

#endif
