#include "worker/records.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/version.h"

void records_send(struct records *r, const char *kind, json_t *fields)
{
    json_t *record = json_object();
    json_put_string(record, "record", kind);
    if (fields) {
        json_object_update(record, fields);
        json_decref(fields);
    }
    char *line = json_to_line(record);
    size_t length = strlen(line);
    line[length] = '\n';
    if (r->result == DLI_OK)
        r->result = file_write_all(r->fd, line, length + 1, "records", NULL);
    free(line);
    json_decref(record);
}

void records_hello(struct records *r, int64_t start_ns)
{
    json_t *fields = json_object();
    json_put_int(fields, "schema", 1);
    json_put_int(fields, "pid", getpid());
    json_put_int(fields, "start_ns", start_ns);
    json_put_string(fields, "dli_version", version_number());
    json_put_string(fields, "dli_commit", version_commit());
    json_put_string(fields, "build_type", version_build_type());
    records_send(r, "hello", fields);
}

void records_error(struct records *r, const struct dli_error *err)
{
    json_t *fields = json_object();
    json_put_string(fields, "code", dli_code_name(err->code));
    json_put_string(fields, "text", err->text);
    records_send(r, "error", fields);
}

void records_begin(struct records *r, const char *name)
{
    json_t *fields = json_object();
    json_put_string(fields, "phase", name);
    json_put_string(fields, "state", "begin");
    records_send(r, "phase", fields);
    r->phase = name;
    r->phase_start_ns = clock_now_ns();
}

int64_t records_end(struct records *r)
{
    int64_t duration_ns = clock_now_ns() - r->phase_start_ns;
    json_t *fields = json_object();
    json_put_string(fields, "phase", r->phase);
    json_put_string(fields, "state", "end");
    json_put_int(fields, "duration_ns", duration_ns);
    records_send(r, "phase", fields);
    r->phase = NULL;
    return duration_ns;
}
