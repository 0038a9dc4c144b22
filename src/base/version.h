/**
 * version.h - what this program is: every row carries it.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/** "0.1.0" */
const char *version_number(void);
/** Commit that was built, with "-dirty" after changes; "unknown" outside a checkout. */
const char *version_commit(void);
/** "Release", "Debug", … with the sanitizers in use: "Debug+address,undefined". */
const char *version_build_type(void);

#endif
