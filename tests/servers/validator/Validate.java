// Offline FHIR R4 validation of JSON and NDJSON files with HAPI's FhirInstanceValidator; ../validate.py builds and runs it.
//
//   java -cp 'classes:lib/*' Validate [-ig TGZ|FOLDER]... [-must-resolve] [-raw] FILE...
//
//   -ig            load an NPM FHIR package, as a file or unpacked (repeatable)
//   -must-resolve  a relative reference to a resource that is not among the given ones is an error
//   -raw           hand over every line of an NDJSON file as it is written, be it JSON or not; a line on which the validator breaks has one fatal issue with the name of its exception
//   FILE           a resource or Bundle (.json), an NDJSON file (.ndjson), a JSON list of resources, or an object whose values are resources
//
// Output: one JSON line per resource on stdout:
//   {"source":..,"resourceType":..,"id":..,"issues":[{"severity","location","line","messageId","message"}]}
// and a summary line on stderr. Exit code: 0 when everything was looked at, whatever was found; 2 when the program could not run.
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationResult;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Questionnaire;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.model.CanonicalResource;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.IValidatorResourceFetcher;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.utilities.npm.NpmPackage;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

public class Validate {
    record Item(String source, JsonObject resource) {}

    /** What the packages hold; PrePopulatedValidationSupport alone would take a Questionnaire and never give it back. */
    static class Packages extends PrePopulatedValidationSupport {
        final Map<String, IBaseResource> questionnaires = new HashMap<>();
        Packages(FhirContext ctx) {
            super(ctx);
        }
        @Override
        public <T extends IBaseResource> T fetchResource(Class<T> type, String url) {
            IBaseResource found = questionnaires.get(url);
            return type.isInstance(found) ? type.cast(found) : super.fetchResource(type, url);
        }
    }

    /** Fills the packages from files (NpmPackageValidationSupport reads only the class path). */
    static void load(FhirContext ctx, Packages into, String tgz) throws Exception {
        boolean unpacked = Files.isDirectory(Path.of(tgz));
        try (InputStream in = unpacked ? InputStream.nullInputStream() : new FileInputStream(tgz)) {
            NpmPackage pkg = unpacked ? NpmPackage.fromFolder(Path.of(tgz).toAbsolutePath().normalize().toString()) : NpmPackage.fromPackage(in);
            NpmPackage.NpmPackageFolder folder = pkg.getFolders().get("package");
            IParser parser = ctx.newJsonParser();
            parser.setParserErrorHandler(new LenientErrorHandler(false));
            Set<String> kinds = Set.of("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "SearchParameter", "NamingSystem", "Questionnaire");
            for (String name : folder.listFiles()) {
                if (!name.endsWith(".json") || name.startsWith(".") || name.equals("package.json")) continue;
                String text = new String(folder.fetchFile(name), StandardCharsets.UTF_8);
                JsonElement el = JsonParser.parseString(text);
                if (!el.isJsonObject() || !el.getAsJsonObject().has("resourceType")) continue;
                if (!kinds.contains(el.getAsJsonObject().get("resourceType").getAsString())) continue;
                IBaseResource resource = parser.parseResource(text);
                if (resource instanceof Questionnaire q) {
                    into.questionnaires.put(q.getUrl(), q);
                    into.questionnaires.put(q.getUrl() + "|" + q.getVersion(), q);
                } else {
                    into.addResource(resource);
                }
            }
        }
    }

    /** The in-memory terminology, told to compare displays as well (HAPI's validator doesn't ask for it). */
    static class WithDisplay extends InMemoryTerminologyServerValidationSupport {
        WithDisplay(FhirContext ctx) {
            super(ctx);
        }
        @Override
        public CodeValidationResult validateCode(ValidationSupportContext c, ConceptValidationOptions o, String system, String code, String display, String vs) {
            return super.validateCode(c, ConceptValidationOptions.copy(o).setValidateDisplay(true), system, code, display, vs);
        }
        @Override
        public CodeValidationResult validateCodeInValueSet(ValidationSupportContext c, ConceptValidationOptions o, String system, String code, String display, IBaseResource vs) {
            return super.validateCodeInValueSet(c, ConceptValidationOptions.copy(o).setValidateDisplay(true), system, code, display, vs);
        }
    }

    static String key(JsonObject r) {
        return r.has("id") && r.get("id").isJsonPrimitive() ? r.get("resourceType").getAsString() + "/" + r.get("id").getAsString() : null;
    }

    static void index(JsonObject r, Map<String, JsonObject> known) {
        if (key(r) != null) known.put(key(r), r);
    }

    /** Resolves "Type/id" (also at the end of an absolute URL) among the resources given on the command line. */
    static class Fetcher implements IValidatorResourceFetcher {
        final Map<String, JsonObject> known;
        Fetcher(Map<String, JsonObject> known) {
            this.known = known;
        }
        @Override
        public Element fetch(IResourceValidator v, Object app, String url) throws IOException {
            String[] parts = url.split("/_history/")[0].split("/");
            JsonObject r = parts.length < 2 ? null : known.get(parts[parts.length - 2] + "/" + parts[parts.length - 1]);
            return r == null ? null : Manager.parseSingle(v.getContext(), new ByteArrayInputStream(r.toString().getBytes(StandardCharsets.UTF_8)), Manager.FhirFormat.JSON);
        }
        @Override
        public boolean resolveURL(IResourceValidator v, Object app, String path, String url, String type, boolean canonical, List<CanonicalType> targets) {
            return true;
        }
        @Override
        public byte[] fetchRaw(IResourceValidator v, String url) {
            return null;
        }
        @Override
        public IValidatorResourceFetcher setLocale(Locale locale) {
            return this;
        }
        @Override
        public CanonicalResource fetchCanonicalResource(IResourceValidator v, Object app, String url) {
            return null;
        }
        @Override
        public boolean fetchesCanonicalResource(IResourceValidator v, String url) {
            return false;
        }
        @Override
        public Set<ResourceVersionInformation> fetchCanonicalResourceVersions(IResourceValidator v, Object app, String url) {
            return Set.of();
        }
    }

    static void collect(String source, JsonElement el, List<Item> items) {
        if (el.isJsonArray()) {
            int i = 0;
            for (JsonElement e : el.getAsJsonArray()) collect(source + "[" + i++ + "]", e, items);
            return;
        }
        JsonObject o = el.getAsJsonObject();
        if (o.has("resourceType")) {
            items.add(new Item(source, o));
            return;
        }
        for (Map.Entry<String, JsonElement> e : o.entrySet()) collect(source + "#" + e.getKey(), e.getValue(), items);
    }

    static List<Item> read(List<String> files) throws IOException {
        List<Item> items = new ArrayList<>();
        for (String f : files) {
            if (!f.endsWith(".ndjson")) {
                collect(f, JsonParser.parseString(Files.readString(Path.of(f))), items);
                continue;
            }
            int n = 0;
            for (String line : Files.readAllLines(Path.of(f))) {
                n++;
                if (!line.isBlank()) collect(f + ":" + n, JsonParser.parseString(line), items);
            }
        }
        return items;
    }

    static FhirValidator validator(FhirContext ctx, Packages packages, Map<String, JsonObject> known, boolean mustResolve) {
        UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(ctx);
        unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
        ValidationSupportChain chain = new ValidationSupportChain(
                packages,                                          // the -ig packages; first, so that a newer code system in one wins
                new DefaultProfileValidationSupport(ctx),          // the R4 definitions, value sets and code systems
                new CommonCodeSystemsTerminologyService(ctx),      // UCUM, BCP-47, BCP-13, ISO 3166, ISO 4217, USPS
                new WithDisplay(ctx),                              // expands and checks what is held in memory
                new SnapshotGeneratingValidationSupport(ctx),
                unknown);                                          // last: what nobody knows is a warning
        FhirInstanceValidator module = new FhirInstanceValidator(chain);
        // HAPI's default advisor checks no reference and applies no implied (vital sign) profile; this one, the official validator's, does.
        module.setValidatorPolicyAdvisor(new BasePolicyAdvisorForFullValidation(
                mustResolve ? ReferenceValidationPolicy.CHECK_EXISTS_AND_TYPE : ReferenceValidationPolicy.CHECK_TYPE_IF_EXISTS, Set.of()));
        module.setValidatorResourceFetcher(new Fetcher(known));
        module.setAssumeValidRestReferences(true); // "Patient/1" names a Patient even if it isn't given: check that type
        module.setAnyExtensionsAllowed(false);     // an extension that no package defines is an error
        module.setErrorForUnknownProfiles(true);
        module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        FhirValidator validator = ctx.newValidator();
        validator.registerValidatorModule(module);
        return validator;
    }

    public static void main(String[] args) {
        int rc;
        try {
            rc = run(args);
        } catch (Exception e) {
            e.printStackTrace();
            rc = 2;
        }
        System.out.flush();
        System.exit(rc);
    }

    static JsonArray issues(ValidationResult result) {
        JsonArray issues = new JsonArray();
        for (SingleValidationMessage m : result.getMessages()) {
            JsonObject issue = new JsonObject();
            issue.addProperty("severity", m.getSeverity().getCode());
            issue.addProperty("location", m.getLocationString());
            issue.addProperty("line", m.getLocationLine());
            issue.addProperty("messageId", m.getMessageId());
            issue.addProperty("message", m.getMessage());
            issues.add(issue);
        }
        return issues;
    }

    static int runRaw(FhirValidator validator, List<String> files) throws Exception {
        Gson gson = new GsonBuilder().disableHtmlEscaping().create();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String file : files) {
            int number = 0;
            for (String text : Files.readAllLines(Path.of(file))) {
                JsonArray issues;
                try {
                    issues = issues(validator.validateWithResult(text));
                } catch (Exception e) {
                    JsonObject issue = new JsonObject();
                    issue.addProperty("severity", "fatal");
                    issue.addProperty("messageId", e.getClass().getSimpleName());
                    issue.addProperty("message", String.valueOf(e.getMessage()));
                    issues = new JsonArray();
                    issues.add(issue);
                }
                JsonObject line = new JsonObject();
                line.addProperty("source", file + ":" + ++number);
                line.add("issues", issues);
                out.println(gson.toJson(line));
            }
        }
        out.flush();
        return 0;
    }

    static int run(String[] args) throws Exception {
        List<String> igs = new ArrayList<>(), files = new ArrayList<>();
        boolean mustResolve = false, raw = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "-ig" -> igs.add(args[++i]);
                case "-must-resolve" -> mustResolve = true;
                case "-raw" -> raw = true;
                default -> files.add(args[i]);
            }
        }
        if (files.isEmpty()) {
            System.err.println("no input file");
            return 2;
        }
        long started = System.nanoTime();
        FhirContext ctx = FhirContext.forR4();
        Packages packages = new Packages(ctx);
        for (String ig : igs) load(ctx, packages, ig);
        if (raw) return runRaw(validator(ctx, packages, new HashMap<>(), mustResolve), files);
        List<Item> items = read(files);
        Map<String, JsonObject> known = new HashMap<>();
        for (Item item : items) index(item.resource(), known);
        FhirValidator validator = validator(ctx, packages, known, mustResolve);

        Gson gson = new GsonBuilder().disableHtmlEscaping().create();
        Gson pretty = new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (Item item : items) {
            JsonArray issues = issues(validator.validateWithResult(pretty.toJson(item.resource())));
            JsonObject line = new JsonObject();
            line.addProperty("source", item.source());
            line.add("resourceType", item.resource().get("resourceType"));
            line.add("id", item.resource().get("id"));
            line.add("issues", issues);
            out.println(gson.toJson(line));
        }
        out.flush();
        System.err.printf("%d resources looked at in %.1f s%n", items.size(), (System.nanoTime() - started) / 1e9);
        return 0;
    }
}
