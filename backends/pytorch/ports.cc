// Names, types and shapes of inputs and outputs, from text.
#include <sstream>

#include "guard.h"
#include "pytorch.h"

static dli_type type_of(const std::string &name)
{
    for (int type = DLI_F32; type < DLI_TYPE_COUNT; type++) {
        if (name == dli_type_name(static_cast<dli_type>(type)))
            return static_cast<dli_type>(type);
    }
    return DLI_TYPE_NONE;
}

static bool read_shape(dli_tensor_desc *desc, const std::string &text)
{
    std::istringstream words(text);
    std::string word;
    desc->rank = 0;
    if (text == "scalar")
        return true;
    while (std::getline(words, word, 'x')) {
        bool is_number = !word.empty() && word.size() < 10 &&
                         word.find_first_not_of("0123456789") == std::string::npos;
        if (desc->rank == DLI_MAX_RANK || (!is_number && word != "?"))
            return false;
        desc->dim[desc->rank++] = is_number ? std::stoll(word) : DLI_DYNAMIC;
    }
    return desc->rank > 0;
}

static bool read_line(dli_io *out, const std::string &line)
{
    std::istringstream words(line);
    std::string kind, name, type, shape;
    words >> kind >> name >> type >> shape;
    bool is_input = kind == "input";
    int *count = is_input ? &out->input_count : &out->output_count;
    if ((!is_input && kind != "output") || *count == DLI_MAX_IO || name.empty() ||
        name.size() >= DLI_MAX_NAME)
        return false;
    dli_tensor_desc *desc = is_input ? &out->input[*count] : &out->output[*count];
    (*count)++;
    memcpy(desc->name, name.c_str(), name.size() + 1);
    desc->type = type_of(type);
    return desc->type != DLI_TYPE_NONE && read_shape(desc, shape);
}

extern "C" int ports_read(struct dli_io *out, const char *text, struct dli_error *err)
{
    return guard(err, DLI_E_PARSE, "extra/dli-io", [&] {
        std::istringstream lines(text);
        std::string line;
        *out = dli_io{};
        while (std::getline(lines, line)) {
            if (!line.empty() && !read_line(out, line))
                return dli_fail(err, DLI_E_PARSE, "extra/dli-io: no input or output: %s",
                                line.c_str());
        }
        return out->input_count > 0 && out->output_count > 0
                   ? DLI_OK
                   : dli_fail(err, DLI_E_PARSE,
                              "extra/dli-io: a model needs an input and an output");
    });
}

extern "C" int ports_set_shapes(struct dli_io *io, const char *shapes, struct dli_error *err)
{
    return guard(err, DLI_E_ARG, "option shapes", [&] {
        std::istringstream words(shapes);
        std::string word;
        int count = 0;
        while (std::getline(words, word, ',')) {
            if (count == io->input_count || !read_shape(&io->input[count], word))
                return dli_fail(
                    err, DLI_E_ARG,
                    "option shapes: '%s' is no shape like 1x3x224x224 of one of %d inputs",
                    word.c_str(), io->input_count);
            count++;
        }
        return count == io->input_count
                   ? DLI_OK
                   : dli_fail(err, DLI_E_ARG, "option shapes: the model has %d inputs",
                              io->input_count);
    });
}
