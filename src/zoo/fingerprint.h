/**
 * fingerprint.h - a hash of everything that a graph's files are made of.
 *
 * Two graphs with equal fingerprints give the same bytes in every format, so a file made earlier can be used again.
 * Weights enter by their description, not by their values: a 600 MB network takes a millisecond.
 */
#ifndef ZOO_FINGERPRINT_H
#define ZOO_FINGERPRINT_H

#include "base/hash.h"
#include "zoo/graph.h"

void graph_fingerprint(char out[SHA256_HEX_SIZE], const struct graph *graph);

#endif
