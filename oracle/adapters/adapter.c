/* A backend for `purevjp check --command ./adapter`, in C99 without a library.
 *
 *     cc -std=c99 -O2 -o adapter adapter.c -lm
 *
 * Lines come on standard input, each gets one line on standard output:
 *
 *     hello                    ok {"protocol": 1, "name": "my kernels"}
 *     run RULE IN OUT {...}    ok, or unsupported REASON, or error LINE
 *     bye                      (the end)
 *
 * IN is a safetensors file with x0, x1, ..., u; OUT gets value, dx0, dx1, ... of the same dtype. The keywords of the
 * rule are JSON. Put your own kernels in place of the four at the end. Here all is computed in double.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 8, MOST_TENSORS = 16, MOST_NAME = 64, MOST_LINE = 65536 };

typedef struct {
    char name[MOST_NAME];
    char dtype[8];
    int ndim;
    size_t shape[MOST_AXES];
    size_t count;
    double *data;
} tensor;

typedef struct {
    tensor in[MOST_TENSORS], out[MOST_TENSORS];
    int inputs, outputs;
    const char *options; /* JSON */
    char reason[160];    /* why a rule is not answered */
} call;

typedef enum { OK, UNSUPPORTED, ERROR } answer;

static answer refuse(call *c, answer kind, const char *reason) {
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    return kind;
}

static size_t size_of(const char *dtype) { return strcmp(dtype, "F64") == 0 ? 8 : strcmp(dtype, "F32") == 0 ? 4 : 0; }

/* ---- safetensors: 8 bytes of length, a header in JSON, the data. Names have no escapes. ---- */

static const char *after(const char *text, const char *key) {
    const char *found = text ? strstr(text, key) : NULL;
    return found ? found + strlen(key) : NULL;
}

static answer parse(call *c, char *header, const unsigned char *data, size_t size) {
    char *at = header;
    c->inputs = 0;
    while ((at = strchr(at, '"')) != NULL) {
        char *end = strchr(at + 1, '"'), *close = end ? strchr(end, '}') : NULL;
        if (!close) return refuse(c, ERROR, "the header is not valid");
        *end = *close = 0;
        const char *entry = end + 1, *name = at + 1;
        at = close + 1;
        if (strcmp(name, "__metadata__") == 0) continue;
        const char *dtype = after(entry, "\"dtype\":\""), *shape = after(entry, "\"shape\":["),
                   *offsets = after(entry, "\"data_offsets\":[");
        if (!dtype || !shape || !offsets || c->inputs == MOST_TENSORS || strlen(name) >= MOST_NAME)
            return refuse(c, ERROR, "the header has an entry that is not valid");
        tensor *t = &c->in[c->inputs];
        memset(t, 0, sizeof *t);
        strcpy(t->name, name);
        for (int i = 0; i < 7 && dtype[i] && dtype[i] != '"'; i++) t->dtype[i] = dtype[i];
        t->count = 1;
        while (*shape && *shape != ']') {
            char *next;
            if (t->ndim == MOST_AXES) return refuse(c, UNSUPPORTED, "too many axes");
            size_t side = (size_t)strtoull(shape, &next, 10);
            if (next == shape || (side && t->count > SIZE_MAX / 16 / side)) return refuse(c, ERROR, "a shape is not valid");
            t->shape[t->ndim++] = side;
            t->count *= side;
            shape = *next == ',' ? next + 1 : next;
        }
        char *comma;
        size_t start = (size_t)strtoull(offsets, &comma, 10), stop = (size_t)strtoull(comma + (*comma == ','), NULL, 10);
        size_t width = size_of(t->dtype);
        if (start > stop || stop > size) return refuse(c, ERROR, "data lie outside the file");
        if (width && stop - start != t->count * width) return refuse(c, ERROR, "a shape does not fit its data");
        if (!(t->data = malloc((t->count + 1) * sizeof(double)))) return refuse(c, ERROR, "no memory");
        c->inputs++; /* from here on it is released */
        if (!width) continue; /* integers and halves: a kernel that needs them looks at dtype */
        for (size_t i = 0; i < t->count; i++) {
            float narrow;
            if (width == 8) memcpy(&t->data[i], data + start + 8 * i, 8);
            else memcpy(&narrow, data + start + 4 * i, 4), t->data[i] = narrow;
        }
    }
    return OK;
}

static answer load(call *c, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return refuse(c, ERROR, "IN cannot be opened");
    long length = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    unsigned char *bytes = length < 8 ? NULL : malloc((size_t)length + 1);
    answer found = ERROR;
    rewind(file);
    if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length) refuse(c, ERROR, "IN cannot be read");
    else {
        uint64_t header = 0;
        for (int i = 7; i >= 0; i--) header = header << 8 | bytes[i];
        if (header > (uint64_t)length - 8) refuse(c, ERROR, "the header is longer than IN");
        else {
            char *text = malloc((size_t)header + 1);
            if (!text) refuse(c, ERROR, "no memory");
            else {
                memcpy(text, bytes + 8, (size_t)header);
                text[header] = 0;
                found = parse(c, text, bytes + 8 + header, (size_t)length - 8 - (size_t)header);
                free(text);
            }
        }
    }
    free(bytes);
    fclose(file);
    return found;
}

static answer save(call *c, const char *path) {
    char header[16384];
    size_t length = 1, start = 0;
    header[0] = '{';
    for (int i = 0; i < c->outputs; i++) {
        tensor *t = &c->out[i];
        size_t bytes = t->count * size_of(t->dtype);
        length += (size_t)sprintf(header + length, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", i ? "," : "", t->name, t->dtype);
        for (int a = 0; a < t->ndim; a++) length += (size_t)sprintf(header + length, "%s%zu", a ? "," : "", t->shape[a]);
        length += (size_t)sprintf(header + length, "],\"data_offsets\":[%zu,%zu]}", start, start + bytes);
        start += bytes;
    }
    header[length++] = '}';
    while (length % 8) header[length++] = ' ';
    FILE *file = fopen(path, "wb");
    if (!file) return refuse(c, ERROR, "OUT cannot be opened");
    for (int i = 0; i < 8; i++) fputc((int)((uint64_t)length >> 8 * i & 255), file);
    fwrite(header, 1, length, file);
    for (int i = 0; i < c->outputs; i++) {
        tensor *t = &c->out[i];
        for (size_t k = 0; k < t->count; k++) {
            float narrow = (float)t->data[k];
            if (size_of(t->dtype) == 8) fwrite(&t->data[k], 8, 1, file);
            else fwrite(&narrow, 4, 1, file);
        }
    }
    return fclose(file) ? refuse(c, ERROR, "OUT cannot be written") : OK;
}

static tensor *input(call *c, const char *name) {
    for (int i = 0; i < c->inputs; i++)
        if (strcmp(c->in[i].name, name) == 0) return &c->in[i];
    return NULL;
}

/* A new output with shape and dtype of `like`, full of zeros. */
static tensor *output(call *c, const char *name, const tensor *like) {
    tensor *t = &c->out[c->outputs++];
    *t = *like;
    strcpy(t->name, name);
    t->data = calloc(like->count + 1, sizeof(double));
    if (!t->data) exit(1);
    return t;
}

/* The number under a key of the options; NaN if there is none, or something else. */
static double number(const call *c, const char *key) {
    char quoted[MOST_NAME + 4], *end;
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = after(c->options, quoted);
    double found = at ? strtod(at, &end) : NAN;
    return at && end != at ? found : NAN;
}

/* ---- kernels ---- */

static answer relu(call *c) {
    tensor *x = input(c, "x0"), *u = input(c, "u"), *y = output(c, "value", u), *dx = output(c, "dx0", x);
    for (size_t i = 0; i < x->count; i++) {
        y->data[i] = x->data[i] > 0 || isnan(x->data[i]) ? x->data[i] : 0;
        dx->data[i] = x->data[i] > 0 ? u->data[i] : 0;
    }
    return OK;
}

static answer tanh_(call *c) {
    tensor *x = input(c, "x0"), *u = input(c, "u"), *y = output(c, "value", u), *dx = output(c, "dx0", x);
    for (size_t i = 0; i < x->count; i++) {
        double e = exp(-2 * fabs(x->data[i]));
        y->data[i] = tanh(x->data[i]);
        dx->data[i] = u->data[i] * 4 * e / ((1 + e) * (1 + e));
    }
    return OK;
}

/* Where element i of `whole` comes from in an array that was broadcast to it. */
static size_t origin(const tensor *part, const tensor *whole, size_t i) {
    size_t index = 0, stride = 1;
    for (int a = whole->ndim - 1, b = part->ndim - 1; b >= 0; a--, b--) {
        size_t at = i % whole->shape[a];
        i /= whole->shape[a];
        if (part->shape[b] != 1) index += at * stride;
        stride *= part->shape[b];
    }
    return index;
}

static answer multiply(call *c) {
    tensor *a = input(c, "x0"), *b = input(c, "x1"), *u = input(c, "u");
    if (!b) return refuse(c, ERROR, "multiply takes two arrays");
    tensor *y = output(c, "value", u), *da = output(c, "dx0", a), *db = output(c, "dx1", b);
    for (size_t i = 0; i < u->count; i++) {
        size_t j = origin(a, u, i), k = origin(b, u, i);
        y->data[i] = a->data[j] * b->data[k];
        da->data[j] += u->data[i] * b->data[k];
        db->data[k] += u->data[i] * a->data[j];
    }
    return OK;
}

static answer layer_norm(call *c) {
    tensor *x = input(c, "x0"), *gain = input(c, "x1"), *bias = input(c, "x2"), *u = input(c, "u");
    double axis = number(c, "axis"), epsilon = number(c, "epsilon");
    if (!gain || !bias || isnan(epsilon)) return refuse(c, ERROR, "layer_norm takes three arrays and epsilon");
    if (isnan(axis)) return refuse(c, UNSUPPORTED, "more axes than one");
    int lane = (int)axis + (axis < 0 ? x->ndim : 0);
    if (lane < 0 || lane >= x->ndim) return refuse(c, ERROR, "there is no such axis");
    size_t n = x->shape[lane], inner = 1;
    for (int a = lane + 1; a < x->ndim; a++) inner *= x->shape[a];
    tensor *y = output(c, "value", u), *dx = output(c, "dx0", x);
    tensor *dgain = output(c, "dx1", gain), *dbias = output(c, "dx2", bias);
    for (size_t l = 0; n && l < x->count / n; l++) {
        size_t first = l / inner * inner * n + l % inner;
        double mean = 0, variance = 0, mean_g = 0, mean_gh = 0;
        for (size_t i = 0; i < n; i++) mean += x->data[first + i * inner] / (double)n;
        for (size_t i = 0; i < n; i++) variance += pow(x->data[first + i * inner] - mean, 2) / (double)n;
        double r = 1 / sqrt(variance + epsilon);
        for (size_t i = 0; i < n; i++) {
            size_t at = first + i * inner;
            double h = (x->data[at] - mean) * r, g = u->data[at] * gain->data[i];
            y->data[at] = h * gain->data[i] + bias->data[i];
            dgain->data[i] += u->data[at] * h;
            dbias->data[i] += u->data[at];
            mean_g += g / (double)n;
            mean_gh += g * h / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            size_t at = first + i * inner;
            double h = (x->data[at] - mean) * r, g = u->data[at] * gain->data[i];
            dx->data[at] = r * (g - mean_g - h * mean_gh);
        }
    }
    return OK;
}

static const struct {
    const char *rule;
    answer (*kernel)(call *);
} KERNELS[] = {{"relu", relu}, {"tanh", tanh_}, {"multiply", multiply}, {"layer_norm", layer_norm}};

/* ---- the loop ---- */

static answer answered(call *c, const char *rule) {
    size_t k = 0;
    while (k < sizeof KERNELS / sizeof *KERNELS && strcmp(KERNELS[k].rule, rule)) k++;
    if (k == sizeof KERNELS / sizeof *KERNELS) return refuse(c, UNSUPPORTED, "no such rule here");
    for (int i = 0; i < c->inputs; i++)
        if (!size_of(c->in[i].dtype)) return refuse(c, UNSUPPORTED, "other dtypes than F32 and F64");
    tensor *x = input(c, "x0"), *u = input(c, "u");
    return x && u ? KERNELS[k].kernel(c) : refuse(c, ERROR, "IN has no x0 or no u");
}

int main(void) {
    static char line[MOST_LINE];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "bye") == 0) return 0;
        if (strcmp(line, "hello") == 0) {
            printf("ok {\"protocol\": 1, \"name\": \"template.c\", \"dtypes\": [\"float32\", \"float64\"]}\n");
        } else if (strncmp(line, "run ", 4) == 0) {
            call c = {.inputs = 0, .outputs = 0};
            char *rule = strtok(line + 4, " "), *in = strtok(NULL, " "), *out = strtok(NULL, " ");
            char *options = strtok(NULL, "");
            answer found = ERROR;
            if (!options) refuse(&c, ERROR, "run takes RULE IN OUT {...}");
            else {
                char *write = options; /* blanks stand for nothing in these options */
                for (char *read = options; *read; read++)
                    if (*read != ' ') *write++ = *read;
                *write = 0;
                c.options = options;
                found = load(&c, in);
                if (found == OK) found = answered(&c, rule);
                if (found == OK) found = save(&c, out);
            }
            if (found == OK) puts("ok");
            else printf("%s %s\n", found == UNSUPPORTED ? "unsupported" : "error", c.reason);
            for (int i = 0; i < c.inputs; i++) free(c.in[i].data);
            for (int i = 0; i < c.outputs; i++) free(c.out[i].data);
        } else {
            puts("error no such command");
        }
        fflush(stdout);
    }
    return 0;
}
