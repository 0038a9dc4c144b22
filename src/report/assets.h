/** assets.h - the page's program and style (web/dist/), embedded by embed.cmake. Internal to the
 * room. */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

#include <stddef.h>

extern const char report_page_js[];
extern const size_t report_page_js_bytes;
extern const char report_page_css[];
extern const size_t report_page_css_bytes;

#endif
